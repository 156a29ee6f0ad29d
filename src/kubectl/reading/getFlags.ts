/** `kubectl get`'s flags. Upstream: kubectl/pkg/cmd/get/{get,get_flags,humanreadable_flags}.go */
import { bool, type Flag, type FlagValues, int, list, text } from "../flags.ts";
import { filenameFlags } from "../resources/files.ts";

/** What get's flags say. */
export interface GetFlags extends FlagValues<typeof filenameFlags> {
  readonly "all-namespaces": boolean;
  readonly "allow-missing-template-keys": boolean;
  readonly "chunk-size": number;
  readonly "field-selector": string;
  readonly "ignore-not-found": boolean;
  readonly "label-columns": readonly string[];
  readonly "no-headers": boolean;
  readonly output: string;
  readonly "output-watch-events": boolean;
  readonly raw: string;
  readonly selector: string;
  readonly "server-print": boolean;
  readonly "show-kind": boolean;
  readonly "show-labels": boolean;
  readonly "show-managed-fields": boolean;
  readonly "sort-by": string;
  readonly subresource: string;
  readonly template: string;
  readonly watch: boolean;
  readonly "watch-only": boolean;
}

export const getFlags: { readonly [K in keyof GetFlags]: Flag<GetFlags[K]> } = {
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
};

/** A table for people is wanted, not the objects. */
export function isHumanReadable({ output, template }: GetFlags): boolean {
  return (output === "" && template === "") || output === "wide";
}

/** Whether the server makes the tables. */
export function usesServerTables(flagValues: GetFlags): boolean {
  return flagValues["server-print"] && isHumanReadable(flagValues);
}
