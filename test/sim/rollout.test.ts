/** Deployments under faults on virtual time: the rules of rolloutModel.ts at every revision of the store. The long suite runs 1,000 seeds. */
import { afterAll, describe, expect, test } from "vitest";
import { newTally, runSeed, seedsToRun } from "./runSeeds.ts";

const tally = newTally();

describe("rollouts keep to their rules whatever fails", () => {
  test.each(seedsToRun(1, 100))("seed %i", (seed) => runSeed(seed, tally));
});

test("a seed gives the same run each time", async () => {
  const history = async (): Promise<string[]> => {
    const changes: string[] = [];
    await runSeed(7, newTally(), (change) =>
      changes.push(`${change.revision} ${change.key} ${change.value === undefined ? "-" : new TextDecoder().decode(change.value)}`),
    );
    return changes;
  };
  const first = await history();
  expect(first.length).toBeGreaterThan(50);
  expect(await history()).toEqual(first);
});

afterAll(() => {
  if (process.env["SEED"] !== undefined) return;
  expect(tally.creations).toBeGreaterThan(1000);
  expect(tally.deletions).toBeGreaterThan(400);
  expect(tally.revisions).toBeGreaterThan(200);
});
