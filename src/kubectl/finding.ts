/** Which verb a command line means. Upstream: github.com/spf13/cobra/command.go (Find) */
import type { Verb } from "./command.ts";
import type { FlagTable } from "./flags.ts";
import { helpFlag, takesNextWord } from "./parseFlags.ts";
import type { VerbEntry } from "./verbs.ts";

export interface FoundVerb {
  readonly verb: Verb;
  /** `["rollout", "undo"]`. */
  readonly path: readonly string[];
  /** The words without those of the path. */
  readonly rest: readonly string[];
}

/** undefined where the first word is no verb; `globals`: the flags that all take. */
export async function findVerb(
  words: readonly string[],
  entries: readonly VerbEntry[],
  globals: FlagTable,
): Promise<FoundVerb | undefined> {
  const word = firstWord(globals, words);
  const entry = word === undefined ? undefined : entries.find(({ name, aliases }) => name === word.text || aliases?.includes(word.text));
  if (word === undefined || entry === undefined) return undefined;
  let verb = await entry.load();
  let rest = without(words, word.at);
  const path = [verb.name];
  for (;;) {
    const next = firstWord({ ...globals, ...verb.flags }, rest);
    const sub = next === undefined ? undefined : findSub(verb.subverbs, next.text);
    if (next === undefined || sub === undefined) break;
    rest = without(rest, next.at);
    path.push(sub.name);
    verb = sub;
  }
  return { verb, path, rest };
}

function findSub(subverbs: readonly Verb[], word: string): Verb | undefined {
  return subverbs.find(({ name, aliases }) => name === word || aliases.includes(word));
}

function without(words: readonly string[], at: number): readonly string[] {
  return [...words.slice(0, at), ...words.slice(at + 1)];
}

/** The first word that is neither a flag nor a flag's value. */
export function firstWord(table: FlagTable, words: readonly string[]): { readonly text: string; readonly at: number } | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return undefined;
    if (word.startsWith("-") && word !== "-") {
      if (takesNextWord({ help: helpFlag, ...table }, word)) at += 1;
    } else if (word !== "") return { text: word, at };
  }
  return undefined;
}
