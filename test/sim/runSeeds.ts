/** Runs a seed, and says how to see a failure again. `SEED=n` picks one, `TRACE=1` prints every change of the store. */
import type { Change } from "../../src/store/store.ts";
import { play, scenarioOf } from "./scenario.ts";
import { RolloutModel } from "./rolloutModel.ts";
import { describeChange } from "./trace.ts";
import { startWorld } from "./world.ts";

/** What the runs went through: shows that they tested something. */
export interface Tally {
  runs: number;
  virtualMs: number;
  deletions: number;
  creations: number;
  revisions: number;
}

export function newTally(): Tally {
  return { runs: 0, virtualMs: 0, deletions: 0, creations: 0, revisions: 0 };
}

export function seedsToRun(first: number, last: number): readonly number[] {
  const asked = process.env["SEED"];
  return asked === undefined ? Array.from({ length: last - first + 1 }, (_, i) => first + i) : [Number(asked)];
}

export async function runSeed(seed: number, tally: Tally, alsoSee: (change: Change) => void = () => undefined): Promise<void> {
  const scenario = scenarioOf(seed);
  const world = await startWorld(scenario.world);
  const startMs = world.clock.now();
  const model = new RolloutModel(() => world.clock.now());
  const traces = process.env["TRACE"] !== undefined;
  world.onChange((change) => {
    if (traces) console.log(describeChange(change, world.clock.now()));
    alsoSee(change);
  });
  try {
    await play(scenario, world, model);
  } catch (error) {
    const story = scenario.actions.map(({ atMs, what }) => `${Math.round(atMs)} ms ${what}`).join(", ");
    const where = `after ${Math.round(world.clock.now() - startMs)} ms: ${String(error)}`;
    const replay = `replay with: SEED=${seed} TRACE=1 npx vitest run --project sim`;
    throw new Error([`seed ${seed} ${where}`, JSON.stringify(scenario.deployment.spec), story, replay].join("\n"), { cause: error });
  } finally {
    await world[Symbol.asyncDispose]();
  }
  if (world.clock.pendingTimers !== 0) throw new Error(`seed ${seed}: ${world.clock.pendingTimers} timers are left behind`);
  tally.runs += 1;
  tally.virtualMs += world.clock.now() - startMs;
  tally.deletions += model.checked.deletions;
  tally.creations += model.checked.creations;
  tally.revisions += model.checked.revisions;
}
