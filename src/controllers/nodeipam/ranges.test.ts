import { describe, expect, it } from "vitest";
import { firstFreeRange, podRanges } from "./ranges.ts";

describe("pod ranges", () => {
  const ranges = podRanges("10.244.0.0/16", 24);
  it("the lowest free one", () => {
    expect(firstFreeRange(ranges, new Set())).toBe("10.244.0.0/24");
    expect(firstFreeRange(ranges, new Set(["10.244.0.0/24", "10.244.2.0/24"]))).toBe("10.244.1.0/24");
  });
  it("none when all are taken", () => {
    const two = podRanges("10.0.0.0/23", 24);
    expect(firstFreeRange(two, new Set(["10.0.0.0/24"]))).toBe("10.0.1.0/24");
    expect(firstFreeRange(two, new Set(["10.0.0.0/24", "10.0.1.0/24"]))).toBeUndefined();
  });
  it.each([
    ["10.244.0.0", 24, "is not an IPv4 CIDR"],
    ["10.244.0.0/16", 8, "choose a prefix length from 16 to 30"],
    ["10.244.0.0/16", 31, "choose a prefix length from 16 to 30"],
  ])("%s in parts of /%i is refused", (cidr, length, message) => expect(() => podRanges(cidr, length)).toThrow(message));
});
