/** All verbs with their flags, as rows: for the reference page and the test that compares them with the help texts. */
import type { Verb } from "../command.ts";
import { type Flag, globalFlags } from "../flags.ts";
import { verbs } from "../verbs.ts";

export interface VerbRow {
  /** `rollout undo`; empty: kubectl itself, with the flags that every verb takes. */
  readonly path: string;
  readonly flags: readonly FlagRow[];
}

export interface FlagRow {
  readonly name: string;
  readonly short: string | undefined;
  /** As a help text shows it: `'yaml'`, `[]`, `1m0s`. */
  readonly initial: string;
}

/** In the order of the alphabet; flags that are deprecated, or only there by the environment, aren't shown. */
export async function verbRows(): Promise<VerbRow[]> {
  const loaded = await Promise.all(verbs.map((entry) => entry.load()));
  const rows = loaded.flatMap((verb) => rowsOf(verb, []));
  return [{ path: "", flags: flagsOf(globalFlags) }, ...rows.toSorted((a, b) => (a.path < b.path ? -1 : 1))];
}

function rowsOf(verb: Verb, above: readonly string[]): VerbRow[] {
  const path = [...above, verb.name];
  return [{ path: path.join(" "), flags: flagsOf(verb.flags) }, ...verb.subverbs.flatMap((sub) => rowsOf(sub, path))];
}

function flagsOf(table: Readonly<Record<string, Flag>>): FlagRow[] {
  return Object.entries(table)
    .filter(([, flag]) => flag.deprecated === undefined && flag.gate === undefined)
    .map(([name, flag]) => ({ name, short: flag.short, initial: initialText(flag) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function initialText({ kind, initial }: Flag): string {
  switch (kind) {
    case "string":
      return `'${String(initial)}'`;
    case "stringSlice":
    case "stringArray":
      return `[${(initial as readonly string[]).join(",")}]`;
    case "duration":
      return durationText(Number(initial));
    default:
      return String(initial);
  }
}

/** As Go prints a duration of whole seconds. */
function durationText(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms / 1000) % 60];
  return `${hours > 0 ? `${hours}h` : ""}${hours + minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}
