import { describe, expect, it } from "vitest";
import { environmentProxyText } from "./environmentProxy.ts";

const env = { HTTP_PROXY: "plain.lan:3128", https_proxy: "https://user:p%40ss@secure.lan" };
const chosen = (url: string, more: Readonly<Record<string, string>> = {}): string | undefined =>
  environmentProxyText(new URL(url), { ...env, ...more });

it("tells plain and secure requests apart, capitals or not", () => {
  expect(chosen("http://quay.io/v2/")).toBe("http://plain.lan:3128");
  expect(chosen("https://quay.io/v2/")).toBe("https://user:p%40ss@secure.lan");
  expect(chosen("https://quay.io/", { HTTPS_PROXY: "http://first.lan" })).toBe("http://first.lan");
  expect(chosen("https://quay.io/", { HTTPS_PROXY: "" })).toBe("https://user:p%40ss@secure.lan");
  expect(environmentProxyText(new URL("https://quay.io"), {})).toBeUndefined();
});

it("doesn't believe HTTP_PROXY where a client's header may have set it", () => {
  expect(chosen("http://quay.io/", { REQUEST_METHOD: "GET" })).toBeUndefined();
  expect(chosen("https://quay.io/", { REQUEST_METHOD: "GET" })).toBeDefined();
});

it.each(["http://localhost:5000/", "https://127.1.2.3/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"])("leaves %s alone", (url) => {
  expect(chosen(url)).toBeUndefined();
});

describe("NO_PROXY", () => {
  it.each([
    ["example.org", "https://example.org/", true],
    ["example.org", "https://registry.example.org/", true],
    ["EXAMPLE.org", "https://example.ORG/", true],
    ["example.org", "https://otherexample.org/", false],
    [".example.org", "https://example.org/", false],
    [".example.org", "https://registry.example.org/", true],
    ["*.example.org", "https://registry.example.org/", true],
    ["*.example.org", "https://example.org/", false],
    [" a.b , 10.0.0.0/8", "https://10.2.3.4/", true],
    ["10.0.0.0/8", "https://11.2.3.4/", false],
    ["10.0.0.0/33", "https://10.2.3.4/", false],
    ["10.0.0.0/", "https://10.2.3.4/", false],
    ["10.0.0.0/8", "https://10.2.3.4.example.org/", false],
    ["example.org:5000", "https://example.org:5000/", true],
    ["example.org:443", "https://example.org/", true],
    ["example.org:5000", "https://example.org/", false],
    ["10.1.1.1", "http://10.1.1.1/", true],
    ["1.1.1", "http://10.1.1.1/", false],
    ["*", "https://anything/", true],
    ["", "https://anything/", false],
    [",", "https://anything/", false],
  ])("%s means of %s: %s", (exceptions, url, direct) => {
    expect(chosen(url, { NO_PROXY: exceptions }) === undefined).toBe(direct);
  });

  it.each([
    ["fd00::/8", "http://[fd12::1]/", true],
    ["fd00::/8", "http://[fe12::1]/", false],
    ["fd00::/129", "http://[fd00::]/", false],
    ["fd00:0::0001", "http://[fd00::1]/", true],
    ["[fd00::1]:8080", "http://[fd00::1]:8080/", true],
    ["[fd00::1]:8080", "http://[fd00::1]/", false],
    ["::ffff:10.0.0.1", "http://[::ffff:10.0.0.1]/", true],
    ["::ffff:10.0.0.1", "http://10.0.0.1/", true],
    ["64:ff9b::10.0.0.1", "http://[64:ff9b::a00:1]/", true],
    ["::ffff:10.0.0.0/104", "http://10.1.2.3/", true],
    ["10.0.0.0/8", "http://[::ffff:10.1.2.3]/", true],
    ["::/0", "http://10.1.2.3/", false],
    ["::/0", "http://[fd00::1]/", true],
  ])("%s means of %s: %s", (exceptions, url, direct) => {
    expect(chosen(url, { NO_PROXY: exceptions }) === undefined).toBe(direct);
  });
});
