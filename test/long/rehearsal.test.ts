/** Each known race for 1,000 seeds (REHEARSAL_SEEDS: for fewer): the rollout keeps its rules at every revision, the race shows, and every request is accounted for. */
import { describe, expect, test } from "vitest";
import { fixtureArgs, fixtures } from "../rehearsal/fixtures.ts";
import { followedRehearsal } from "../rehearsal/rolloutRules.ts";
import { seedsToRun } from "../sim/runSeeds.ts";

const hundreds = Array.from({ length: Math.ceil(Number(process.env["REHEARSAL_SEEDS"] ?? 1000) / 100) }, (_, i) => 100 * i + 1);

describe.each(fixtures)("$name", (fixture) => {
  const { causes, also } = fixture;

  test.each(hundreds)("a hundred seeds from %i on", { timeout: 600_000 }, async (first) => {
    const wrong: string[] = [];
    const tally = { failed: 0, creations: 0, deletions: 0 };
    const seeds = seedsToRun(first, first + 99);
    for (const seed of seeds) {
      try {
        const { report, checked } = await followedRehearsal([...fixtureArgs(fixture), "--simulate", "--seed", String(seed)]);
        const counted = report.causes.reduce((sum, { count }) => sum + count, 0);
        const strange = report.causes
          .filter(({ cause }) => ![...causes, ...also].includes(cause))
          .map(({ cause, count }) => `${count} ${cause}`);
        if (counted !== report.failed) wrong.push(`seed ${seed}: ${report.failed} failed, ${counted} have a cause`);
        if (strange.length > 0) wrong.push(`seed ${seed}: ${strange.join(", ")}`);
        if (report.problems.length > 0) wrong.push(`seed ${seed}: ${report.problems.join("; ")}`);
        tally.failed += report.failed;
        tally.creations += checked.creations;
        tally.deletions += checked.deletions;
      } catch (error) {
        wrong.push(`seed ${seed}: ${String(error)}`);
      }
    }
    expect(wrong).toEqual([]);
    // The race shows in the mean, and the rules were put to the test.
    expect(tally.failed / seeds.length).toBeGreaterThanOrEqual(fixture.failed);
    expect(tally.creations / seeds.length).toBeGreaterThanOrEqual(4);
  });
});
