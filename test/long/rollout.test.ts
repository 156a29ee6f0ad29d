/** The rollouts of test/sim for 1,000 seeds. */
import { describe, expect, test } from "vitest";
import { newTally, runSeed, seedsToRun } from "../sim/runSeeds.ts";

describe("rollouts keep to their rules whatever fails", () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])("seeds %i01 to %i00 of the thousand", { timeout: 600_000 }, async (hundred) => {
    const tally = newTally();
    const failures: string[] = [];
    for (const seed of seedsToRun(hundred * 100 + 1, hundred * 100 + 100)) {
      await runSeed(seed, tally).catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)));
    }
    expect(failures).toEqual([]);
    if (process.env["SEED"] === undefined) expect(tally.deletions).toBeGreaterThan(400);
  });
});
