/**
 * The user's preferences on a command line: an alias becomes the verb that it stands for, and options that weren't given get the user's values.
 * Upstream: kubectl/pkg/kuberc/kuberc.go (Apply)
 */
import { goQuote } from "../../schema/scalars/goText.ts";
import type { Verb } from "../command.ts";
import { KubectlError } from "../errors.ts";
import { findVerb, firstWord, type FoundVerb } from "../finding.ts";
import { type FlagTable, globalFlags, openFlags } from "../flags.ts";
import type { KubectlHost } from "../host.ts";
import { FlagError, helpFlag, parseFlags } from "../parseFlags.ts";
import type { VerbEntry } from "../verbs.ts";
import type { OptionDefault, Preferences } from "./model.ts";

export interface CommandLine {
  readonly words: readonly string[];
  /** All verbs, and the alias, where one is used. */
  readonly entries: readonly VerbEntry[];
  /** Words with the user's values of options, to stand in front of all others of the verb. */
  readonly preset: readonly string[];
}

type Place = Pick<KubectlHost, "env" | "err" | "programName">;

/** Throws KubectlError. */
export async function applyPreferences(preferences: Preferences, { words, entries }: CommandLine, host: Place): Promise<CommandLine> {
  const found = await findVerb(words, entries, globalFlags);
  if (found !== undefined) return { words, entries, preset: await defaultsFor({ found, words, entries }, preferences, host) };
  if (firstWord(globalFlags, words) === undefined) return { words, entries, preset: [] };
  const line = await aliased(preferences, { words, entries, preset: [] }, host);
  const meant = await findVerb(line.words, line.entries, globalFlags);
  if (meant === undefined) return line;
  return { ...line, preset: [...line.preset, ...(await defaultsFor({ found: meant, ...line }, preferences, host))] };
}

async function aliased({ aliases }: Preferences, line: CommandLine, host: Place): Promise<CommandLine> {
  const { words, entries } = line;
  const at = words.findIndex((word) => !word.startsWith("-") && !word.startsWith("__complete"));
  const alias = aliases.find(({ name }) => name === words[at]);
  if (alias === undefined) return line;
  if ((await findVerb([alias.name], entries, globalFlags)) !== undefined) {
    host.err.write(`Warning: Setting alias ${goQuote(alias.name)} to a built-in command is not supported\n`);
    return line;
  }
  const target = await findVerb(wordsOf(alias.command), entries, globalFlags);
  if (target === undefined) {
    const told = wordsOf(alias.command).join(" ");
    throw new KubectlError(`command ${goQuote(alias.command)} not found to set alias ${goQuote(alias.name)}: [${told}]`);
  }
  const table = tableOf(target.verb, host);
  const preset = alias.options.flatMap((option) => presetOf(option, { table, words }, aliasWords(host)));
  return {
    words: [...words.slice(0, at + 1), ...alias.prependArgs, ...words.slice(at + 1), ...alias.appendArgs],
    entries: [...entries, entryOf(alias.name, target)],
    preset,
  };
}

const wordsOf = (command: string): string[] => command.split(/\s+/).filter((word) => word !== "");

function entryOf(name: string, { verb, path }: FoundVerb): VerbEntry {
  return { name, load: () => Promise.resolve({ ...verb, name, helpPath: path }) };
}

function tableOf(verb: Verb, { env }: Place): FlagTable {
  return { help: helpFlag, ...globalFlags, ...openFlags(verb.flags, env) };
}

async function defaultsFor(
  { found, words, entries }: { readonly found: FoundVerb; readonly words: readonly string[]; readonly entries: readonly VerbEntry[] },
  { defaults, aliases }: Preferences,
  host: Place,
): Promise<string[]> {
  const preset: string[] = [];
  const name = found.path.at(-1) ?? "";
  for (const { command, options } of defaults) {
    const meant = await findVerb(wordsOf(command), entries, globalFlags);
    if (meant === undefined && wordsOf(command).length > 0) {
      host.err.write(`Warning: command ${goQuote(command)} not found to set kuberc override\n`);
    }
    // Upstream looks at the last name alone: what is meant for `set env` is meant for every `env`.
    if (meant?.path.at(-1) !== name) continue;
    if (found.verb.helpPath !== undefined && aliases.some((alias) => alias.name === name)) {
      throw new KubectlError(`alias ${name} can not be overridden`);
    }
    const told: Telling = {
      unknown: (flag) => `invalid flag ${flag} for command ${command}`,
      wrong: (flag, value) => `could not apply override value ${value} to flag ${flag} in command ${command} err: `,
    };
    preset.push(...options.flatMap((option) => presetOf(option, { table: tableOf(found.verb, host), words }, told)));
  }
  return preset;
}

interface Telling {
  readonly unknown: (flag: string) => string;
  readonly wrong: (flag: string, value: string) => string;
}

function aliasWords({ programName }: Place): Telling {
  return {
    unknown: (flag) => `invalid alias flag ${flag} in alias ${programName}`,
    wrong: (flag, value) => `could not apply value ${value} to flag ${flag} in alias ${programName} err: `,
  };
}

/** Nothing where the user gave the flag. */
function presetOf(option: OptionDefault, line: { readonly table: FlagTable; readonly words: readonly string[] }, told: Telling): string[] {
  const { name, default: value } = option;
  const flag = Object.hasOwn(line.table, name) ? line.table[name] : undefined;
  if (flag === undefined) throw new KubectlError(told.unknown(name));
  if (isGiven(name, flag.short, line.words)) return [];
  const word = `--${name}=${value}`;
  try {
    parseFlags(line.table, [word]);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new KubectlError(`${told.wrong(name, value)}${error.message}`);
  }
  return [word];
}

/** Whether a flag stands on the command line; `-abc` may hold it too. */
function isGiven(name: string, short: string | undefined, words: readonly string[]): boolean {
  return words.some((word) => {
    if (word === `--${name}` || word.startsWith(`--${name}=`)) return true;
    if (short === undefined) return false;
    return word.startsWith(`-${short}`) || (/^-[a-zA-Z]+$/.test(word) && word.includes(short));
  });
}
