import { describe, expect, it } from "vitest";
import { AddressesExhausted, addressPool } from "./addressPool.ts";

describe("addressPool", () => {
  it("hands out addresses in a ring and doesn't give a freed one at once", () => {
    const pool = addressPool("10.244.3.0/29");
    expect(pool.take("a")).toBe("10.244.3.2");
    expect(pool.take("b")).toBe("10.244.3.3");
    pool.free("a");
    expect(pool.take("c")).toBe("10.244.3.4");
    expect(pool.take("a")).toBe("10.244.3.5");
    expect(pool.take("a")).toBe("10.244.3.5");
    expect(pool.ownerOf("10.244.3.5")).toBe("a");
  });

  it("never gives network, gateway or broadcast, and says when it is empty", () => {
    const pool = addressPool("10.244.3.5/29");
    const all = ["a", "b", "c", "d", "e"].map((owner) => pool.take(owner));
    expect(all).toEqual([2, 3, 4, 5, 6].map((last) => `10.244.3.${last}`));
    expect(() => pool.take("f")).toThrow(new AddressesExhausted("all 5 addresses of 10.244.3.5/29 are in use"));
    pool.free("c");
    expect(pool.take("f")).toBe("10.244.3.4");
    expect(pool.size).toBe(5);
  });

  it.each(["10.244.0.0", "10.244.0.0/31", "10.244.0/24", "10.244.0.256/24", "10.244.0.0/x"])("refuses %s", (cidr) => {
    expect(() => addressPool(cidr)).toThrow(RangeError);
  });
});
