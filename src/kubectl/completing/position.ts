/** Which verb the words up to here name, and what may follow it. */
import type { Verb } from "../command.ts";
import { type FlagTable, globalFlags } from "../flags.ts";
import { takesNextWord } from "../parseFlags.ts";
import type { VerbEntry } from "../verbs.ts";

export interface Position {
  /** `rollout undo`. */
  readonly path: string;
  readonly subverbs: readonly { readonly name: string }[];
  readonly args: readonly string[];
  readonly table: FlagTable;
  /** Of those, the verb's own. */
  readonly own: FlagTable;
}

export async function walk(words: readonly string[], entries: readonly VerbEntry[]): Promise<Position> {
  const path: string[] = [];
  let subverbs: readonly (VerbEntry | Verb)[] = entries;
  let own: FlagTable = {};
  let table: FlagTable = globalFlags;
  const args: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word.startsWith("-")) {
      if (takesNextWord(table, word)) at += 1;
      continue;
    }
    const found: VerbEntry | Verb | undefined =
      args.length === 0 ? subverbs.find(({ name, aliases }) => name === word || aliases?.includes(word)) : undefined;
    if (found === undefined) {
      args.push(word);
      continue;
    }
    const verb = "load" in found ? await found.load() : found;
    path.push(...(verb.helpPath ?? [verb.name]));
    ({ subverbs } = verb);
    own = verb.flags;
    table = { ...globalFlags, ...own };
  }
  return { path: path.join(" "), subverbs, args, table, own };
}
