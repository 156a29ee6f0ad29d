/**
 * What may stand next on a command line: verbs, flags, and from the server types, names and namespaces. One candidate a line, with a tab
 * before its explanation; the last line, `:N`, tells the shell what to do with them (cobra's directives), so upstream's scripts work too.
 */
import type { Verb } from "../command.ts";
import { type FlagTable, globalFlags, type GlobalFlags } from "../flags.ts";
import type { KubectlHost } from "../host.ts";
import { parseFlags, takesNextWord } from "../parseFlags.ts";
import { allResources } from "../resources/discovery.ts";
import { Requests } from "../resources/requests.ts";
import { Session } from "../session.ts";
import { type VerbEntry, verbs } from "../verbs.ts";

/** Don't offer files. */
const noFiles = 4;
const filesToo = 0;

interface Offer {
  readonly candidates: readonly string[];
  readonly directive: number;
}

/** `words`: all behind the program's name; the last is the one being typed. */
export async function complete(words: readonly string[], host: KubectlHost): Promise<string> {
  const { candidates, directive } = await offer(words, host);
  const typed = words.at(-1) ?? "";
  const fitting = candidates.filter((candidate) => candidate.startsWith(typed));
  return `${fitting.map((candidate) => `${candidate}\n`).join("")}:${directive}\n`;
}

async function offer(words: readonly string[], host: KubectlHost): Promise<Offer> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { verb, subverbs, args, table } = await walk(before);
  if (typed.startsWith("-")) return { candidates: flagNames(table), directive: noFiles };
  const last = before.at(-1) ?? "";
  const session = new Session(host, globalsOf(before, table), "kubectl/completion");
  if (last.startsWith("-") && takesNextWord(table, last)) return await flagValues(last, session);
  if (subverbs.length > 0 && args.length === 0) return { candidates: subverbs.map(({ name }) => name), directive: noFiles };
  if (verb === undefined) return { candidates: [], directive: filesToo };
  return await argumentsOf(verb.name, args, session);
}

interface Position {
  readonly verb: Verb | undefined;
  readonly subverbs: readonly { readonly name: string }[];
  readonly args: readonly string[];
  readonly table: FlagTable;
}

async function walk(words: readonly string[]): Promise<Position> {
  let verb: Verb | undefined;
  let subverbs: readonly (VerbEntry | Verb)[] = verbs;
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
    verb = "load" in found ? await found.load() : found;
    ({ subverbs } = verb);
    table = { ...globalFlags, ...verb.flags };
  }
  return { verb, subverbs, args, table };
}

function flagNames(table: FlagTable): string[] {
  return Object.keys({ ...table, help: true }).map((name) => `--${name}`);
}

function globalsOf(words: readonly string[], table: FlagTable): GlobalFlags {
  try {
    return parseFlags(table, words).values as unknown as GlobalFlags;
  } catch {
    return parseFlags(globalFlags, []).values as unknown as GlobalFlags;
  }
}

async function flagValues(flag: string, session: Session): Promise<Offer> {
  const sections: Readonly<Record<string, "contexts" | "clusters" | "users">> = {
    "--context": "contexts",
    "--cluster": "clusters",
    "--user": "users",
  };
  const section = sections[flag];
  if (section !== undefined) return { candidates: [...(await session.kubeconfig())[section].keys()], directive: noFiles };
  if (flag === "-n" || flag === "--namespace") return { candidates: await namesOf("namespaces", session), directive: noFiles };
  return { candidates: [], directive: filesToo };
}

/** Verbs whose arguments are a type and names of it. */
const typeAndName = new Set("get describe delete edit label annotate patch explain events".split(" "));
/** Verbs whose first argument is the name of one kind. */
const namesOfKind: Readonly<Record<string, string>> = {
  logs: "pods",
  exec: "pods",
  attach: "pods",
  "port-forward": "pods",
  cordon: "nodes",
  uncordon: "nodes",
  drain: "nodes",
  node: "nodes",
  pod: "pods",
};

async function argumentsOf(verb: string, args: readonly string[], session: Session): Promise<Offer> {
  const kind = namesOfKind[verb];
  if (kind !== undefined) return { candidates: args.length === 0 ? await namesOf(kind, session) : [], directive: noFiles };
  if (!typeAndName.has(verb)) return { candidates: [], directive: filesToo };
  const [type] = args;
  return { candidates: type === undefined ? await typesOf(session) : await namesOf(type, session), directive: noFiles };
}

async function typesOf(session: Session): Promise<string[]> {
  const found = allResources(await session.discovery()).filter(({ name, verbs: can }) => !name.includes("/") && can.includes("get"));
  return [
    ...new Set(found.map(({ name, group }) => (group === "" || group === "apps" || group === "batch" ? name : `${name}.${group}`))),
  ].sort();
}

async function namesOf(type: string, session: Session): Promise<string[]> {
  const mapping = (await session.mapper()).forArgument(type);
  const namespace = mapping.namespaced ? (await session.namespace()).name : "";
  const { items } = await new Requests(await session.api()).list(mapping, namespace);
  return items.map(({ metadata }) => metadata.name);
}
