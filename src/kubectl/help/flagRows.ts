/** A table's flags as rows: for help without upstream's texts, the reference page, and the test that compares them with the help texts. */
import type { Flag } from "../flags.ts";

export interface FlagRow {
  readonly name: string;
  readonly short: string | undefined;
  /** As a help text shows it: `'yaml'`, `[]`, `1m0s`. */
  readonly initial: string;
}

/** In the order of the alphabet; flags that are deprecated, or only there by the environment, aren't shown. */
export function flagsOf(table: Readonly<Record<string, Flag>>): FlagRow[] {
  return Object.entries(table)
    .filter(([, flag]) => flag.deprecated === undefined && flag.gate === undefined)
    .map(([name, flag]) => ({ name, short: flag.short, initial: initialText(flag) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** `    -n, --namespace=''`, a line each. */
export function flagLines(flags: readonly FlagRow[]): string {
  return flags.map(({ name, short, initial }) => `    ${short === undefined ? "" : `-${short}, `}--${name}=${initial}\n`).join("");
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
