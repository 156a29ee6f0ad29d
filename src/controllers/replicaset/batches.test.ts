import { describe, expect, test } from "vitest";
import { allOrFirstFailure, inGrowingBatches } from "./batches.ts";

const items = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("growing batches", () => {
  test("1, 2, 4, ... at a time", async () => {
    const sizes: number[] = [];
    let running = 0;
    await inGrowingBatches(items(12), async () => {
      running += 1;
      await Promise.resolve();
      if (running > 0) sizes.push(running);
      running = 0;
    });
    expect(sizes).toEqual([1, 2, 4, 5]);
  });

  test("a failure ends it after its batch", async () => {
    const tried: number[] = [];
    const run = inGrowingBatches(items(100), async (item) => {
      tried.push(item);
      await Promise.resolve();
      if (item === 1) throw new Error("quota");
    });
    await expect(run).rejects.toThrow("quota");
    expect(tried).toEqual([0, 1, 2]);
  });

  test("all at once run to their end before the first failure is thrown", async () => {
    const done: number[] = [];
    const run = allOrFirstFailure(items(3), async (item) => {
      await Promise.resolve();
      if (item === 0) throw new Error("first");
      done.push(item);
    });
    await expect(run).rejects.toThrow("first");
    expect(done).toEqual([1, 2]);
  });
});
