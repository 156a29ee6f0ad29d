/** `kubectl get`'s flags. Upstream: kubectl/pkg/cmd/get/{get,get_flags,humanreadable_flags}.go */
import { bool, type FlagTable, type FlagValues, int, list, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";

const flags = {
  ...filenameFlags,
  "all-namespaces": bool({ short: "A" }),
  "allow-missing-template-keys": bool({ initial: true }),
  "chunk-size": int({ bits: 64, initial: 500 }),
  "field-selector": text(),
  "ignore-not-found": bool(),
  "label-columns": list({ short: "L" }),
  "no-headers": bool(),
  output: text({ short: "o" }),
  "output-watch-events": bool(),
  raw: text(),
  selector: text({ short: "l" }),
  "server-print": bool({ initial: true }),
  "show-kind": bool(),
  "show-labels": bool(),
  "show-managed-fields": bool(),
  "sort-by": text(),
  subresource: text(),
  template: text(),
  watch: bool({ short: "w" }),
  "watch-only": bool(),
} satisfies FlagTable;

type Flags = FlagValues<typeof flags>;

/** As an interface, so that other files can name it. */
export interface GetFlags extends Flags {}

export const getFlags: typeof flags = flags;

/** A table for people is wanted, not the objects. */
export function isHumanReadable({ output, template }: GetFlags): boolean {
  return (output === "" && template === "") || output === "wide";
}

/** Whether the server makes the tables. */
export function usesServerTables(flagValues: GetFlags): boolean {
  return flagValues["server-print"] && isHumanReadable(flagValues);
}
