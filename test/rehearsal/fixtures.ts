/** The known races: what each must show, and what must bring it to 0. The manifests are in fixtures/NAME. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Cause } from "../../src/rehearsal/causes.ts";
import type { Scratch } from "./coxRehearse.ts";

export interface Fixture {
  readonly name: string;
  /** Beyond -f, --apply and the seed. */
  readonly options: readonly string[];
  /** Must be among the causes. */
  readonly causes: readonly Cause[];
  /** May be as well; anything else is wrong. */
  readonly also: readonly Cause[];
  /** At the least. */
  readonly failed: number;
  /** What the tool proposes is enough; else the program itself must behave otherwise, as its environment then says. */
  readonly cure: "patch" | { readonly env: readonly [name: string, was: string, is: string] };
}

const quick = ["--rate", "100", "--propagation", "p0=200ms,p50=800ms,p100=1500ms"];

export const fixtures: readonly Fixture[] = [
  { name: "no-readiness-probe", options: quick, causes: ["notReady"], also: [], failed: 20, cure: "patch" },
  { name: "no-prestop", options: quick, causes: ["staleEndpoint"], also: [], failed: 20, cure: "patch" },
  {
    name: "ignores-sigterm",
    options: ["--rate", "100", "--propagation", "p0=1500ms,p50=2500ms,p100=3500ms"],
    causes: ["cutInFlight"],
    also: ["staleEndpoint"],
    failed: 10,
    cure: "patch",
  },
  {
    name: "closes-keep-alive",
    options: [...quick, "--keep-alive", "40"],
    causes: ["keepAliveClosed"],
    also: ["cutInFlight"],
    failed: 10,
    cure: { env: ["ON_SIGTERM", "hangup", "drain"] },
  },
  {
    name: "short-grace",
    options: ["--rate", "60", "--propagation", "instant", "--settle", "5s"],
    causes: ["cutInFlight"],
    also: ["staleEndpoint"],
    failed: 20,
    cure: "patch",
  },
  { name: "max-unavailable", options: quick, causes: ["noEndpoint"], also: ["staleEndpoint", "overloaded"], failed: 50, cure: "patch" },
  { name: "selector-switched-early", options: quick, causes: ["noEndpoint"], also: [], failed: 20, cure: "patch" },
  { name: "canary-scaled-down-early", options: quick, causes: ["noEndpoint"], also: ["staleEndpoint"], failed: 20, cure: "patch" },
];

export function fixturePath(name: string, file: "before.yaml" | "after.yaml"): string {
  return fileURLToPath(new URL(`fixtures/${name}/${file}`, import.meta.url));
}

/** The command line's options for it. */
export function fixtureArgs({ name, options }: Fixture): string[] {
  return ["-f", fixturePath(name, "before.yaml"), "--apply", fixturePath(name, "after.yaml"), ...options];
}

/** The same with the program cured, where no manifest can help. */
export function curedArgs(fixture: Fixture, folder: Scratch): string[] {
  if (fixture.cure === "patch") throw new Error(`${fixture.name} is cured by a patch`);
  const [name, was, is] = fixture.cure.env;
  const paths = (["before.yaml", "after.yaml"] as const).map((file) => {
    const text = readFileSync(fixturePath(fixture.name, file), "utf8");
    const cured = text.replace(`name: ${name}, value: "${was}"`, `name: ${name}, value: "${is}"`);
    if (cured === text) throw new Error(`${fixture.name}/${file} does not set ${name} to ${was}`);
    writeFileSync(folder.path(file), cured);
    return folder.path(file);
  });
  return ["-f", paths[0] ?? "", "--apply", paths[1] ?? "", ...fixture.options];
}
