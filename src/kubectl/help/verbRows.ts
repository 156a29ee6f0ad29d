/** All verbs with their flags, as rows. */
import type { Verb } from "../command.ts";
import { globalFlags } from "../flags.ts";
import { verbs } from "../verbs.ts";
import { type FlagRow, flagsOf } from "./flagRows.ts";

export interface VerbRow {
  /** `rollout undo`; empty: kubectl itself, with the flags that every verb takes. */
  readonly path: string;
  readonly flags: readonly FlagRow[];
}

/** In the order of the alphabet. */
export async function verbRows(): Promise<VerbRow[]> {
  const loaded = await Promise.all(verbs.map((entry) => entry.load()));
  const rows = loaded.flatMap((verb) => rowsOf(verb, []));
  return [{ path: "", flags: flagsOf(globalFlags) }, ...rows.toSorted((a, b) => (a.path < b.path ? -1 : 1))];
}

function rowsOf(verb: Verb, above: readonly string[]): VerbRow[] {
  const path = [...above, verb.name];
  return [{ path: path.join(" "), flags: flagsOf(verb.flags) }, ...verb.subverbs.flatMap((sub) => rowsOf(sub, path))];
}
