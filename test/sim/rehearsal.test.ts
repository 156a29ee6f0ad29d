/** `cox rehearse --simulate` on the known races: each shows its failures and their cause, and none of them after its fix; a seed gives the same bytes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { coxRehearse, type Scratch, scratch } from "../rehearsal/coxRehearse.ts";
import { curedArgs, fixtureArgs, fixtures } from "../rehearsal/fixtures.ts";

let folder: Scratch;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder[Symbol.dispose]());

describe.each(fixtures)("$name", (fixture) => {
  const { causes, also, failed, cure } = fixture;

  test.each([1, 2])("shows its race, and no request fails once it is mended (seed %i)", async (seed) => {
    const again = cure === "patch" ? ["--try-fixes"] : [];
    const { reports, err } = await coxRehearse([...fixtureArgs(fixture), "--simulate", "--seed", String(seed), ...again], folder);
    const [first, second] = reports;
    expect(first?.failed, err).toBeGreaterThanOrEqual(failed);
    const found = first?.causes.map(({ cause }) => cause) ?? [];
    expect(found).toEqual(expect.arrayContaining([...causes]));
    expect([...causes, ...also]).toEqual(expect.arrayContaining(found));
    expect(first?.fixes.length).toBeGreaterThan(0);
    const cured = cure === "patch" ? second : await curedReport(seed);
    expect(cured?.requests).toBeGreaterThan(100);
    expect(cured?.failures).toEqual([]);
    expect(cured?.failed).toBe(0);
    expect(cured?.passed).toBe(true);
  });

  async function curedReport(seed: number): Promise<Awaited<ReturnType<typeof coxRehearse>>["reports"][number] | undefined> {
    const { reports } = await coxRehearse([...curedArgs(fixture, folder), "--simulate", "--seed", String(seed)], folder);
    return reports[0];
  }
});

test("what late removal must cost on paper is what is counted, over several seeds", async () => {
  const fixture = fixtures.find(({ name }) => name === "no-prestop");
  if (fixture === undefined) throw new Error("there is no such fixture");
  let expected = 0;
  let measured = 0;
  for (let seed = 1; seed <= 8; seed += 1) {
    const { reports } = await coxRehearse([...fixtureArgs(fixture), "--simulate", "--rate", "400", "--seed", String(seed)], folder);
    expected += reports[0]?.expectation.staleExpected ?? 0;
    measured += reports[0]?.expectation.staleMeasured ?? 0;
  }
  expect(expected).toBeGreaterThan(1000);
  expect(Math.abs(measured - expected) / expected).toBeLessThan(0.1);
});

test("the time since SIGTERM is told from the least to the most", async () => {
  const fixture = fixtures.find(({ name }) => name === "no-prestop");
  if (fixture === undefined) throw new Error("there is no such fixture");
  const { reports, out } = await coxRehearse([...fixtureArgs(fixture), "--simulate"], folder);
  const details = reports[0]?.causes.find(({ cause }) => cause === "staleEndpoint")?.details.map(({ count, name }) => `${count} × ${name}`);
  const [first = "", from, to] = /^\d+ × sent (\d+) to (\d+) ms after SIGTERM$/.exec(details?.[0] ?? "") ?? [];
  expect(out).toContain(first);
  expect(Number(to), details?.join("\n")).toBeGreaterThan(Number(from));
});

describe("a seed", () => {
  const fixture = fixtures.find(({ name }) => name === "ignores-sigterm");

  /** Everything that a rehearsal writes, by the file's name. */
  async function filesOf(seed: string): Promise<ReadonlyMap<string, string>> {
    using own = scratch();
    if (fixture === undefined) throw new Error("there is no such fixture");
    const files = ["--report", own.path("page.html"), "--junit", own.path("junit.xml"), "--ledger", own.path("run.jsonl.gz")];
    await coxRehearse([...fixtureArgs(fixture), "--simulate", "--arrivals", "poisson", "--seed", seed, ...files], own);
    const names = readdirSync(own.folder).filter((name) => /\.(html|json|xml|gz)$/.test(name));
    return new Map(names.sort().map((name) => [name, readFileSync(join(own.folder, name)).toString("latin1")]));
  }

  test("gives the same bytes each time, and another seed others", async () => {
    const first = await filesOf("7");
    expect([...first.keys()]).toEqual(["junit.xml", "page.html", "report.json", "run.jsonl.gz", "run.timeline.jsonl.gz"]);
    expect(await filesOf("7")).toEqual(first);
    expect((await filesOf("8")).get("report.json")).not.toBe(first.get("report.json"));
  });
});
