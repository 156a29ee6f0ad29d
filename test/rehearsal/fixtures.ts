/** The known races: what each must show, and what must bring it to 0. The manifests are in fixtures/NAME. */
import { fileURLToPath } from "node:url";
import type { Cause } from "../../src/rehearsal/causes.ts";

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
  /** What the tool proposes is enough; else the program itself must change, as the sequel manifest has it. */
  readonly cure: "patch" | { readonly env: Readonly<Record<string, string>> };
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
    options: [...quick, "--keep-alive", "20"],
    causes: ["keepAliveClosed"],
    also: ["cutInFlight"],
    failed: 4,
    cure: { env: { ON_SIGTERM: "drain" } },
  },
  {
    name: "short-grace",
    options: ["--rate", "60", "--propagation", "instant", "--settle", "5s"],
    causes: ["cutInFlight"],
    also: ["staleEndpoint"],
    failed: 40,
    cure: "patch",
  },
  { name: "max-unavailable", options: quick, causes: ["noEndpoint"], also: ["staleEndpoint", "overloaded"], failed: 50, cure: "patch" },
  { name: "selector-switched-early", options: quick, causes: ["noEndpoint"], also: [], failed: 20, cure: "patch" },
  { name: "canary-scaled-down-early", options: quick, causes: ["noEndpoint"], also: ["staleEndpoint"], failed: 20, cure: "patch" },
];

export function fixturePath(name: string, file: "before.yaml" | "after.yaml"): string {
  return fileURLToPath(new URL(`fixtures/${name}/${file}`, import.meta.url));
}
