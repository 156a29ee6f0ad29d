/** All verbs. A new one is one line here and one file in commands/, which is loaded when the verb is used. */
import type { Verb } from "./command.ts";

export interface VerbEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  load(): Promise<Verb>;
}

export const verbs: readonly VerbEntry[] = [
  { name: "get", load: async () => (await import("./commands/get.ts")).get },
  { name: "version", load: async () => (await import("./commands/version.ts")).version },
];
