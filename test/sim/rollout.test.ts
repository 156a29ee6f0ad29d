/** Deployments under faults on virtual time: the rules of rolloutModel.ts at every revision, for 100 seeds. `SEED=n npx vitest run --project sim` replays one. */
import { expect, test } from "vitest";
import { runSeed, seedsToRun, type Tally } from "./runSeeds.ts";

test("rollouts keep to their rules whatever fails", async () => {
  const tally: Tally = { runs: 0, virtualMs: 0, deletions: 0, creations: 0, revisions: 0 };
  const failures: string[] = [];
  const started = performance.now();
  for (const seed of seedsToRun(Number(process.env["SEEDS"] ?? 100))) {
    try {
      await runSeed(seed, tally);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  console.log(JSON.stringify(tally), performance.now() - started);
  expect(failures.slice(0, 5).join("\n\n")).toBe("");
});
