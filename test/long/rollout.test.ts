/** The rollouts of test/sim for 1,000 seeds. */
import { describe, expect, test } from "vitest";
import { newTally, runSeed, seedsToRun } from "../sim/runSeeds.ts";

describe("rollouts keep to their rules whatever fails", () => {
  test.each([1, 101, 201, 301, 401, 501, 601, 701, 801, 901])("a hundred seeds from %i on", { timeout: 600_000 }, async (first) => {
    const tally = newTally();
    const failures: string[] = [];
    for (const seed of seedsToRun(first, first + 99)) {
      await runSeed(seed, tally).catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)));
    }
    expect(failures).toEqual([]);
    expect(tally.runs).toBe(process.env["SEED"] === undefined ? 100 : 1);
  });
});
