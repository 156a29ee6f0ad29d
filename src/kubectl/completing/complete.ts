/**
 * What may stand next on a command line: verbs, flags, and from the server types, names and namespaces. One candidate a line; the last
 * line, `:N`, tells the shell what to do with them (cobra's directives), so upstream's scripts work too. Of `--flag=v` it is the value alone.
 */
import { assertNever } from "../../base/assert.ts";
import type { Verb } from "../command.ts";
import { type FlagTable, globalFlags, type GlobalFlags } from "../flags.ts";
import { helpText } from "../help/help.ts";
import type { KubectlHost } from "../host.ts";
import { parseFlags, takesNextWord } from "../parseFlags.ts";
import { allResources } from "../resources/discovery.ts";
import { Requests } from "../resources/requests.ts";
import { Session } from "../session.ts";
import type { VerbEntry } from "../verbs.ts";
import { type ArgumentRule, argumentRules } from "./argumentRules.ts";

/** Don't offer files. */
const noFiles = 4;
/** Nor a space behind. */
const noSpace = 2;
const filesToo = 0;

interface Offer {
  readonly candidates: readonly string[];
  readonly directive: number;
}

const nothing: Offer = { candidates: [], directive: noFiles };

/** `words`: all behind the program's name; the last is the one being typed. */
export async function complete(words: readonly string[], host: KubectlHost, entries: readonly VerbEntry[]): Promise<void> {
  const typed = words.at(-1) ?? "";
  const equals = typed.startsWith("-") ? typed.indexOf("=") : -1;
  const end = equals < 0 ? typed : typed.slice(equals + 1);
  const { candidates, directive } = await offer(words, host, entries);
  const fitting = candidates.filter((candidate) => candidate.startsWith(end));
  host.out.write(`${fitting.map((candidate) => `${candidate}\n`).join("")}:${directive}\n`);
  host.err.write(`Completion ended with directive: ${directiveText(directive)}\n`);
}

function directiveText(directive: number): string {
  if (directive === filesToo) return "ShellCompDirectiveDefault";
  const said = [
    [noSpace, "ShellCompDirectiveNoSpace"],
    [noFiles, "ShellCompDirectiveNoFileComp"],
  ] as const;
  return said.flatMap(([bit, text]) => ((directive & bit) === 0 ? [] : [text])).join(", ");
}

async function offer(words: readonly string[], host: KubectlHost, entries: readonly VerbEntry[]): Promise<Offer> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const position = await walk(before, entries);
  const { table, path, subverbs, args } = position;
  const session = new Session(host, globalsOf(before, table), "kubectl/completion");
  const last = before.at(-1) ?? "";
  if (typed.startsWith("-")) {
    const equals = typed.indexOf("=");
    return equals < 0 ? { candidates: flagNames(table), directive: noFiles } : await flagValues(typed.slice(0, equals), path, session);
  }
  if (last.startsWith("-") && takesNextWord(table, last)) return await flagValues(last, path, session);
  if (subverbs.length > 0 && args.length === 0 && argumentRules[path] === undefined) {
    return { candidates: subverbs.map(({ name }) => name), directive: noFiles };
  }
  const rule = argumentRules[path];
  return rule === undefined ? { candidates: [], directive: filesToo } : await argumentsBy(rule, args, typed, session);
}

interface Position {
  /** `rollout undo`. */
  readonly path: string;
  readonly subverbs: readonly { readonly name: string }[];
  readonly args: readonly string[];
  readonly table: FlagTable;
}

async function walk(words: readonly string[], entries: readonly VerbEntry[]): Promise<Position> {
  const path: string[] = [];
  let subverbs: readonly (VerbEntry | Verb)[] = entries;
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
    table = { ...globalFlags, ...verb.flags };
  }
  return { path: path.join(" "), subverbs, args, table };
}

/** `--name`, and `-n` where there is one. */
function flagNames(table: FlagTable): string[] {
  return Object.entries({ ...table, help: { short: "h", deprecated: undefined, gate: undefined } })
    .filter(([, { deprecated, gate }]) => deprecated === undefined && gate === undefined)
    .flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
}

function globalsOf(words: readonly string[], table: FlagTable): GlobalFlags {
  try {
    return parseFlags(table, words).values as unknown as GlobalFlags;
  } catch {
    return parseFlags(globalFlags, []).values as unknown as GlobalFlags;
  }
}

const sections: Readonly<Record<string, "contexts" | "clusters" | "users">> = {
  "--context": "contexts",
  "--cluster": "clusters",
  "--user": "users",
};

async function flagValues(flag: string, path: string, session: Session): Promise<Offer> {
  const section = sections[flag];
  if (section !== undefined) return { candidates: [...(await session.kubeconfig())[section].keys()], directive: noFiles };
  if (flag === "-n" || flag === "--namespace") return { candidates: await namesOf("namespaces", session), directive: noFiles };
  if (flag === "-o" || flag === "--output") {
    const formats = /--output=[^\n]*\n\t[^\n]*?One of: \(([^)]*)\)/.exec((await helpText(path, session.host)) ?? "")?.[1];
    if (formats !== undefined) return { candidates: formats.split(/,\s*/), directive: noFiles };
  }
  return { candidates: [], directive: filesToo };
}

async function argumentsBy(rule: ArgumentRule, args: readonly string[], typed: string, session: Session): Promise<Offer> {
  switch (rule.sort) {
    case "words":
      return { candidates: args.length === 0 ? rule.words : [], directive: noFiles };
    case "section":
      return { candidates: args.length === 0 ? [...(await session.kubeconfig())[rule.section].keys()] : [], directive: noFiles };
    case "podPath": {
      if (typed === "" || /[/.:]/.test(typed)) return { candidates: [], directive: filesToo };
      return { candidates: (await namesOf("pods", session)).map((name) => `${name}:`), directive: noSpace };
    }
    case "names":
      return await namesOrTyped(rule, args, typed, session);
    case "typeAndName":
      return await typesOrNames(rule, args, typed, session);
    default:
      return assertNever(rule);
  }
}

async function namesOrTyped(
  { kind, many }: Extract<ArgumentRule, { sort: "names" }>,
  args: readonly string[],
  typed: string,
  session: Session,
): Promise<Offer> {
  if (args.length > 0 && !many) return nothing;
  if (kind === "pods" && typed.includes("/")) return await namesBehindType(typed, session);
  const names = await namesOf(kind, session);
  return { candidates: names.filter((name) => !args.includes(name)), directive: noFiles };
}

async function typesOrNames(
  { types, many }: Extract<ArgumentRule, { sort: "typeAndName" }>,
  args: readonly string[],
  typed: string,
  session: Session,
): Promise<Offer> {
  const [type] = args;
  if (type === undefined) {
    if (typed.includes("/")) return await namesBehindType(typed, session);
    const comma = typed.lastIndexOf(",") + 1;
    const candidates = (types ?? (await typesOf(session))).map((one) => `${typed.slice(0, comma)}${one}`);
    return { candidates, directive: noFiles };
  }
  if (!many) return nothing;
  if (type.includes("/")) return typed.includes("/") ? await namesBehindType(typed, session) : nothing;
  const names = await namesOf(type, session);
  return { candidates: names.filter((name) => !args.slice(1).includes(name)), directive: noFiles };
}

async function namesBehindType(typed: string, session: Session): Promise<Offer> {
  const type = typed.slice(0, typed.indexOf("/"));
  return { candidates: (await namesOf(type, session)).map((name) => `${type}/${name}`), directive: noFiles };
}

async function typesOf(session: Session): Promise<string[]> {
  const found = allResources(await session.discovery()).filter(({ name, verbs: can }) => !name.includes("/") && can.includes("get"));
  return [...new Set(found.map(({ name, group }) => (group === "" ? name : `${name}.${group}`)))].sort();
}

async function namesOf(type: string, session: Session): Promise<string[]> {
  const mapping = (await session.mapper()).forArgument(type);
  const namespace = mapping.namespaced ? (await session.namespace()).name : "";
  const { items } = await new Requests(await session.api()).list(mapping, namespace);
  return items.map(({ metadata }) => metadata.name);
}
