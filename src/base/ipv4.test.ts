import { expect, it } from "vitest";
import { formatIPv4, parseCidr, parseIPv4 } from "./ipv4.ts";

it.each([
  ["0.0.0.0", 0],
  ["10.244.1.2", 0x0af40102],
  ["255.255.255.255", 0xffffffff],
])("%s is %i and back", (text, number) => {
  expect(parseIPv4(text)).toBe(number);
  expect(formatIPv4(number)).toBe(text);
});

it.each(["1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "a.b.c.d", "1.2.3.-4", " 1.2.3.4", ""])("%j is no address", (text) =>
  expect(parseIPv4(text)).toBeUndefined(),
);

it.each([
  ["10.244.3.7/16", "10.244.0.0", 65_536],
  ["0.0.0.0/0", "0.0.0.0", 2 ** 32],
  ["127.0.0.1/32", "127.0.0.1", 1],
])("%s is the network %s of %i", (text, network, size) => {
  const cidr = parseCidr(text);
  expect(cidr === undefined ? undefined : [formatIPv4(cidr.network), cidr.size]).toEqual([network, size]);
});

it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/-1"])("%j is no CIDR", (text) =>
  expect(parseCidr(text)).toBeUndefined(),
);
