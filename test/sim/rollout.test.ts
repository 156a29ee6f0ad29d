/** Deployments under faults on virtual time: the rules of rolloutModel.ts at every revision of the store. The long suite runs 1,000 seeds. */
import { describe, expect, test } from "vitest";
import { newTally, runSeed, seedsToRun } from "./runSeeds.ts";

const tally = newTally();

describe("rollouts keep to their rules whatever fails", () => {
  test.each(seedsToRun(1, 100))("seed %i", async (seed) => {
    await expect(runSeed(seed, tally)).resolves.toBeUndefined();
  });

  test.skipIf(process.env["SEED"] !== undefined)("and these runs went through something", () => {
    expect(tally.creations).toBeGreaterThan(1000);
    expect(tally.deletions).toBeGreaterThan(400);
    expect(tally.revisions).toBeGreaterThan(200);
  });
});

test("a seed gives the same run each time", async () => {
  const first = await historyOf(7);
  expect(first.length).toBeGreaterThan(50);
  expect(await historyOf(7)).toEqual(first);
});

async function historyOf(seed: number): Promise<string[]> {
  const changes: string[] = [];
  await runSeed(seed, newTally(), ({ revision, key, value }) =>
    changes.push(`${revision} ${key} ${value === undefined ? "-" : new TextDecoder().decode(value)}`),
  );
  return changes;
}
