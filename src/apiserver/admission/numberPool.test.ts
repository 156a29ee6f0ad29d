import { expect, test } from "vitest";
import { seededRng } from "../../base/rng.ts";
import { NumberPool } from "./numberPool.ts";

const pool = (): NumberPool => new NumberPool({ first: 10, last: 19, staticBand: 4 }, seededRng(7));

test("numbers are unique, and the low band goes last", () => {
  const numbers = pool();
  const dynamic = Array.from({ length: 6 }, () => numbers.takeAny() ?? 0);
  expect([...dynamic].sort()).toEqual([14, 15, 16, 17, 18, 19]);
  const rest = Array.from({ length: 4 }, () => numbers.takeAny() ?? 0);
  expect([...rest].sort()).toEqual([10, 11, 12, 13]);
  expect(numbers.takeAny()).toBeUndefined();
});

test("a number is free again when the write failed, or when its last holder is gone", () => {
  const numbers = pool();
  expect([numbers.take(12), numbers.take(12)]).toEqual([true, false]);
  numbers.giveBack(12);
  expect(numbers.take(12)).toBe(true);
  numbers.hold(12);
  numbers.hold(12);
  numbers.release(12);
  expect(numbers.take(12)).toBe(false);
  numbers.release(12);
  expect(numbers.take(12)).toBe(true);
});

test("the range", () => {
  const numbers = pool();
  expect([9, 10, 19, 20].map((number) => numbers.contains(number))).toEqual([false, true, true, false]);
});
