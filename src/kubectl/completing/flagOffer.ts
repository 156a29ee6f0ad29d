/** The flags that may stand next, in the order in which upstream's program gives them, and what each is for. */
import { globalFlags } from "../flags.ts";
import { helpText } from "../help/help.ts";
import type { KubectlHost } from "../host.ts";
import { requiredFlags } from "./argumentRules.ts";
import { flagTexts } from "./describing.ts";
import type { Position } from "./position.ts";

interface OfferedFlag {
  readonly kind?: string;
  readonly short?: string | undefined;
  readonly deprecated?: unknown;
  readonly gate?: unknown;
}
type Offered = Readonly<Record<string, OfferedFlag>>;

/** Those that are still required; else those of every verb, then the verb's own. */
export function flagNames({ path, table, own }: Position, before: readonly string[]): string[] {
  const missing = (requiredFlags[path] ?? []).filter((name) => !isGiven(name, table[name]?.short, before));
  if (missing.length > 0) return namesIn(missing.map((name) => [name, table[name] ?? {}] as const));
  const all: Offered = { ...table, help: { short: "h" } };
  const entries = Object.entries(all)
    .filter(([name, { short, kind = "" }]) => kind.startsWith("stringS") || kind.startsWith("stringA") || !isGiven(name, short, before))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (path === "") return namesIn(entries);
  const isGlobal = ([name]: readonly [string, unknown]): boolean => Object.hasOwn(globalFlags, name) && !Object.hasOwn(own, name);
  return namesIn([...entries.filter(isGlobal), ...entries.filter((entry) => !isGlobal(entry))]);
}

function isGiven(name: string, short: string | undefined, words: readonly string[]): boolean {
  return words.some(
    (word) => word === `--${name}` || word.startsWith(`--${name}=`) || (short !== undefined && word.startsWith(`-${short}`)),
  );
}

/** `--name`, and `-n` where there is one. */
function namesIn(entries: readonly (readonly [string, OfferedFlag])[]): string[] {
  return entries
    .filter(([, { deprecated, gate }]) => deprecated === undefined && gate === undefined)
    .flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
}

/** By `--name` and `-n`. */
export async function textsOfFlags(path: string, host: KubectlHost): Promise<ReadonlyMap<string, string>> {
  const [own = "", global = ""] = [await helpText(path, host), await helpText("options list", host)];
  const help = `help for ${path.split(" ").at(-1) || "kubectl"}`;
  const file = path.startsWith("config") ? ([["--kubeconfig", "use a particular kubeconfig file"]] as const) : [];
  return new Map([...flagTexts(global), ...file, ...flagTexts(own), ["--help", help], ["-h", help]]);
}
