/** How far a real run and simulated ones may be apart: the same causes, and failures within a factor of the simulated mean. docs/rehearsal.md says so. */
import { expect } from "vitest";
import type { Cause } from "../../src/rehearsal/causes.ts";
import type { Report } from "../../src/rehearsal/report/model.ts";
import { coxRehearse, scratch } from "./coxRehearse.ts";
import { type Fixture, fixtureArgs } from "./fixtures.ts";

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
/** One real run against the mean: which node hears when is luck, and a busy machine takes longer for everything. */
export const toleranceFactor = 2.5;

/** Of a few requests only: in a real run connections wait to be taken by the program, and are cut when it ends before; the simulation has none. */
const strays: readonly Cause[] = ["unknown", "cutInFlight"];

/** Failed requests of a rehearsal in virtual time, in the mean. */
export async function simulatedMean(fixture: Fixture): Promise<number> {
  let sum = 0;
  for (const seed of seeds) {
    using folder = scratch();
    const { reports } = await coxRehearse([...fixtureArgs(fixture), "--simulate", "--seed", String(seed)], folder);
    sum += reports[0]?.failed ?? 0;
  }
  return sum / seeds.length;
}

export function expectAgreement(real: Report | undefined, { causes, also }: Fixture, mean: number): void {
  const found = real?.causes.map(({ cause }) => cause) ?? [];
  expect(found).toEqual(expect.arrayContaining([...causes]));
  expect([...causes, ...also, ...strays]).toEqual(expect.arrayContaining(found));
  const stray = real?.causes.filter(({ cause }) => strays.includes(cause) && ![...causes, ...also].includes(cause)) ?? [];
  expect(stray.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual((real?.failed ?? 0) * 0.1);
  expect(real?.failed).toBeGreaterThanOrEqual(mean / toleranceFactor);
  expect(real?.failed).toBeLessThanOrEqual(mean * toleranceFactor);
}
