/** Runs seeds, or the one that SEED names; a failure says how to see it again. */
import { scenarioOf, play } from "./scenario.ts";
import { RolloutModel } from "./rolloutModel.ts";
import { startWorld } from "./world.ts";

export interface Tally {
  runs: number;
  virtualMs: number;
  deletions: number;
  creations: number;
  revisions: number;
}

export function seedsToRun(count: number): readonly number[] {
  const asked = process.env["SEED"];
  return asked === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(asked)];
}

export async function runSeed(seed: number, tally: Tally): Promise<void> {
  const scenario = scenarioOf(seed);
  const world = await startWorld(scenario.world);
  const startMs = world.clock.now();
  const model = new RolloutModel(() => world.clock.now());
  try {
    await play(scenario, world, model);
  } catch (error) {
    const story = scenario.actions.map(({ atMs, what }) => `${Math.round(atMs)} ms ${what}`).join(", ");
    throw new Error(
      `SEED=${seed} after ${world.clock.now() - startMs} ms: ${String(error)}\n${JSON.stringify(scenario.deployment.spec)}\n${story}`,
      {
        cause: error,
      },
    );
  } finally {
    await world[Symbol.asyncDispose]();
  }
  if (world.clock.pendingTimers !== 0) throw new Error(`SEED=${seed}: ${world.clock.pendingTimers} timers are left behind`);
  tally.runs += 1;
  tally.virtualMs += world.clock.now() - startMs;
  tally.deletions += model.checked.deletions;
  tally.creations += model.checked.creations;
  tally.revisions += model.checked.revisions;
}
