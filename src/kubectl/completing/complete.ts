/**
 * What may stand next on a command line: verbs, flags, and from the server types, names and namespaces. One candidate a line; the last
 * line, `:N`, tells the shell what to do with them (cobra's directives), so upstream's scripts work too. Of `--flag=v` it is the value alone.
 */
import { assertNever } from "../../base/assert.ts";
import { type FlagTable, globalFlags, type GlobalFlags } from "../flags.ts";
import { helpText } from "../help/help.ts";
import type { KubectlHost } from "../host.ts";
import { parseFlags, takesNextWord } from "../parseFlags.ts";
import { compareBytes } from "../printers/goValue.ts";
import { allResources } from "../resources/discovery.ts";
import { Requests } from "../resources/requests.ts";
import { Session } from "../session.ts";
import type { VerbEntry } from "../verbs.ts";
import { type ArgumentRule, argumentRules } from "./argumentRules.ts";
import { verbTexts } from "./describing.ts";
import { flagNames, textsOfFlags } from "./flagOffer.ts";
import { type Position, walk } from "./position.ts";

/** Don't offer files. */
const noFiles = 4;
/** Nor a space behind. */
const noSpace = 2;
const filesToo = 0;

interface Offer {
  readonly candidates: readonly string[];
  readonly directive: number;
  /** What candidates are for, where that is known. */
  readonly texts?: ReadonlyMap<string, string>;
}

const nothing: Offer = { candidates: [], directive: noFiles };

interface Completion {
  /** All behind the program's name; the last is the one being typed. */
  readonly words: readonly string[];
  /** A candidate is followed by a tab and what it is for. */
  readonly described: boolean;
}

export async function complete({ words, described }: Completion, host: KubectlHost, entries: readonly VerbEntry[]): Promise<void> {
  const typed = words.at(-1) ?? "";
  const equals = typed.startsWith("-") ? typed.indexOf("=") : -1;
  const end = equals < 0 ? typed : typed.slice(equals + 1);
  const { candidates, directive, texts } = await offer(words, host, entries);
  const fitting = candidates.filter((candidate) => candidate.startsWith(end));
  const textOf = (candidate: string): string => (described && texts?.get(candidate) ? `\t${texts.get(candidate)}` : "");
  host.out.write(`${fitting.map((candidate) => `${candidate}${textOf(candidate)}\n`).join("")}:${directive}\n`);
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
    if (equals >= 0) return await flagValues(typed.slice(0, equals), path, session);
    return { candidates: flagNames(position, before), directive: noFiles, texts: await textsOfFlags(path, host) };
  }
  if (last.startsWith("-") && takesNextWord(table, last)) return await flagValues(last, path, session);
  if (subverbs.length > 0 && args.length === 0 && argumentRules[path] === undefined) {
    return await verbsBelow(path, subverbs, host);
  }
  const rule = argumentRules[path];
  return rule === undefined ? { candidates: [], directive: filesToo } : await argumentsBy(rule, args, typed, session);
}

/** What the overview doesn't list of kubectl itself. */
const otherVerbs = [
  ["help", "Help about any command"],
  ["options", "Print the list of flags inherited by all commands"],
] as const;

/** In the order of the alphabet. `alpha` has nothing in it. */
async function verbsBelow(path: string, subverbs: Position["subverbs"], host: KubectlHost): Promise<Offer> {
  const others = path === "" ? otherVerbs : [];
  const names = new Set([...subverbs.map(({ name }) => name), ...others.map(([name]) => name)]);
  names.delete("alpha");
  const texts = new Map([...verbTexts((await helpText(path, host)) ?? ""), ...others]);
  return { candidates: [...names].toSorted(), directive: noFiles, texts };
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
  { kind, many, types = [] }: Extract<ArgumentRule, { sort: "names" }>,
  args: readonly string[],
  typed: string,
  session: Session,
): Promise<Offer> {
  if (args.length > 0 && !many) return nothing;
  if (kind === "pods" && typed.includes("/")) return await namesBehindType(typed, session);
  const names = await namesOf(kind, session);
  const holders = types.map((type) => `${type}/`);
  const fitting = names.some((name) => name.startsWith(typed)) ? noFiles : noFiles | noSpace;
  return { candidates: [...names.filter((name) => !args.includes(name)), ...holders], directive: types.length > 0 ? fitting : noFiles };
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
  const inOrder = found.toSorted((a, b) => compareBytes(a.group, b.group) || compareBytes(a.name, b.name));
  return [...new Set(inOrder.map(({ name, group }) => (group === "" ? name : `${name}.${group}`)))];
}

async function namesOf(type: string, session: Session): Promise<string[]> {
  const mapping = (await session.mapper()).forArgument(type);
  const namespace = mapping.namespaced ? (await session.namespace()).name : "";
  const { items } = await new Requests(await session.api()).list(mapping, namespace);
  return items.map(({ metadata }) => metadata.name);
}
