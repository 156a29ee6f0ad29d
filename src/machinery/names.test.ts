import { describe, expect, test } from "vitest";
import * as names from "./names.ts";

const long = "a".repeat(64);

describe("good names", () => {
  test.each([
    [names.dnsLabelProblems, "my-name", "123-abc", "a"],
    [names.dnsSubdomainProblems, "example.com", "a-b.c", "0"],
    [names.dns1035LabelProblems, "my-name", "a1", "a"],
    [names.labelKeyProblems, "app", "example.com/My_Name", "a.b-c_d"],
    [names.labelValueProblems, "", "My.value_1", "1"],
    [names.configKeyProblems, "frontend.conf", "KEY", "_a"],
    [names.envNameProblems, "MY_VAR", "my-var.x", "1 two"],
    [names.portNameProblems, "http", "h2-c", "a1"],
    [names.wildcardSubdomainProblems, "*.example.com", "*.a", "*.a.b"],
    [names.headerNameProblems, "X-Header", "a", "1"],
    [names.percentProblems, "1%", "100%", "0%"],
    [names.cIdentifierProblems, "my_name", "_a", "A1"],
  ])("%o", (check, ...values) => {
    for (const value of values) expect(check(value)).toEqual([]);
  });
});

describe("bad names, in upstream's words", () => {
  test.each([
    [
      names.dnsLabelProblems,
      "My_Name",
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [names.dnsLabelProblems, "a.b", "must not contain dots"],
    [names.dnsLabelProblems, long, "must be no more than 63 characters"],
    [
      names.dnsSubdomainProblems,
      "Web",
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [names.labelValueProblems, long, "must be no more than 63 bytes"],
    [names.labelKeyProblems, long, "name part must be no more than 63 bytes"],
    [names.labelKeyProblems, "/a", "prefix part must be non-empty"],
    [names.configKeyProblems, "..a", "must not start with '..'"],
    [names.envNameProblems, "a=b", "a valid environment variable name must consist only of printable ASCII characters other than '='"],
    [names.envNameProblems, "", "environment variable name must be non-empty"],
    [names.portNameProblems, "a--b", "must not contain consecutive hyphens"],
    [names.portNameProblems, "-a", "must not begin or end with a hyphen"],
    [names.portNameProblems, "123", "must contain at least one letter (a-z)"],
    [names.portNameProblems, "much-too-long-name", "must be no more than 15 characters"],
  ])("%o %s", (check, value, message) => {
    expect(check(value)).toEqual([message]);
  });

  test("numbers", () => {
    expect(names.portNumberProblems(0)).toEqual(["must be between 1 and 65535, inclusive"]);
    expect(names.portNumberProblems(65535)).toEqual([]);
    expect(names.unixIdProblems(-1)).toEqual(["must be between 0 and 2147483647, inclusive"]);
    expect(names.inRangeProblems(1.5, 1, 2)).toEqual(["must be between 1 and 2, inclusive"]);
  });

  test("a generated name may end in a dash", () => {
    expect(names.dnsLabelProblems(names.withoutTrailingDash("web-"))).toEqual([]);
    expect(names.withoutTrailingDash("-")).toBe("-");
  });
});
