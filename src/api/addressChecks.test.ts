import { describe, expect, it } from "vitest";
import { Path } from "../machinery/field.ts";
import { cidrContains, cidrFamily, familyOf, ipAddress, ordinaryAddress } from "./addressChecks.ts";

const at = Path.root("ip");

it.each([
  ["10.0.0.1", "IPv4"],
  ["255.255.255.255", "IPv4"],
  ["256.0.0.1", undefined],
  ["1.2.3", undefined],
  ["::", "IPv6"],
  ["::1", "IPv6"],
  ["fd00::10:1", "IPv6"],
  ["2001:db8:0:0:0:0:0:1", "IPv6"],
  ["::ffff:10.0.0.1", "IPv6"],
  ["1:2:3:4:5:6:7:8:9", undefined],
  ["1::2::3", undefined],
  ["12345::", undefined],
  ["", undefined],
  ["web", undefined],
])("%s is %s", (address, family) => {
  expect(familyOf(address)).toBe(family);
});

it("wants no leading zeros, which some would read as octal", () => {
  expect(ipAddress("10.0.0.01", at)).toMatchObject([{ detail: "must not have leading 0s" }]);
});

it.each([
  ["10.0.0.0/8", "IPv4"],
  ["fd00::/64", "IPv6"],
  ["10.0.0.0/33", undefined],
  ["10.0.0.0", undefined],
  ["10.0.0.0/8/8", undefined],
])("%s is a range of %s", (range, family) => {
  expect(cidrFamily(range)).toBe(family);
});

describe("ordinary addresses", () => {
  it.each([
    ["10.0.0.1", undefined],
    ["fd00::1", undefined],
    ["0.0.0.0", "may not be unspecified (0.0.0.0)"],
    ["::1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
    ["169.254.169.254", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
    ["fe80::1", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
    ["224.0.0.5", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
    ["x", "must be a valid IP address"],
  ])("%s: %s", (address, detail) => {
    expect(ordinaryAddress(address, at).map((error) => error.detail)).toEqual(detail === undefined ? [] : [detail]);
  });
});

it.each([
  ["10.0.0.0/8", "10.1.0.0/16", true],
  ["10.0.0.0/8", "11.0.0.0/16", false],
  ["10.0.0.0/8", "10.0.0.0/8", false],
  ["fd00::/16", "fd00:1::/32", true],
  ["10.0.0.0/8", "fd00::/16", false],
])("%s contains %s: %s", (outer, inner, contains) => {
  expect(cidrContains(outer, inner)).toBe(contains);
});
