/**
 * The table of command lines: one file a group in commands/, one row a line. A file begins with directives:
 *   # text                  what the group is about
 *   @setup FILE...          objects from setup/ that are there before
 *   @twin                   its rows change things: genuine and ours get a cluster each, and run the rows in order
 *   @ways                   the kubeconfig has users and clusters of every sort
 *   @mask REGEX             what else varies from run to run
 *   @any-order REGEX        lines whose order upstream leaves to chance, where several follow each other
 * A row is a kubectl command line with a shell's quotes, without `kubectl`:
 *   get pods -l 'a in (b)'  < FILE at the end: standard input from files/;  NAME=VALUE in front: environment;
 *   !800 get pods -w        interrupted after so many milliseconds
 *   = create -f x.yaml      (twin groups) run by both to prepare, by genuine kubectl on both sides, not compared
 *   ~ 300                   (twin groups) wait until nothing changes
 * Commands run in files/, so paths are relative to it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("commands/", import.meta.url));

export interface Row {
  /** As it stands in the file. */
  readonly line: string;
  readonly kind: "compare" | "prepare" | "settle";
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string | undefined;
  readonly interruptMs: number | undefined;
}

export interface Group {
  readonly name: string;
  readonly setup: readonly string[];
  readonly twin: boolean;
  readonly ways: boolean;
  readonly masks: readonly RegExp[];
  readonly anyOrder: readonly RegExp[];
  readonly rows: readonly Row[];
}

export function readGroups(): Group[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".txt"))
    .sort()
    .map((file) => readGroup(file.replace(/\.txt$/, ""), readFileSync(join(folder, file), "utf8")));
}

export function readGroup(name: string, text: string): Group {
  const setup: string[] = [];
  const masks: RegExp[] = [];
  const anyOrder: RegExp[] = [];
  const rows: Row[] = [];
  let twin = false;
  let ways = false;
  for (const line of text.split("\n").map((one) => one.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("@setup ")) setup.push(...line.slice(7).split(" "));
    else if (line === "@twin") twin = true;
    else if (line === "@ways") ways = true;
    else if (line.startsWith("@mask ")) masks.push(new RegExp(line.slice(6), "g"));
    else if (line.startsWith("@any-order ")) anyOrder.push(new RegExp(line.slice(11)));
    else if (line.startsWith("@")) throw new Error(`${name}: unknown directive ${line}`);
    else rows.push(parseRow(line));
  }
  return { name, setup, twin, ways, masks, anyOrder, rows };
}

function parseRow(line: string): Row {
  if (line.startsWith("~")) return { line, kind: "settle", args: [], env: {}, stdin: undefined, interruptMs: undefined };
  const kind = line.startsWith("= ") ? "prepare" : "compare";
  const interrupt = /^!(\d+) /.exec(line);
  const words = splitWords(kind === "prepare" ? line.slice(2) : line.slice(interrupt?.[0].length ?? 0));
  const env: Record<string, string> = {};
  while (/^[A-Z_]+=/.test(words[0] ?? "")) {
    const [name = "", ...value] = (words.shift() ?? "").split("=");
    env[name] = value.join("=");
  }
  const redirect = words.lastIndexOf("<");
  const stdin = redirect < 0 ? undefined : words.splice(redirect).at(1);
  return { line, kind, args: words, env, stdin, interruptMs: interrupt === null ? undefined : Number(interrupt[1]) };
}

/** A shell's words: spaces apart, quotes together. `$'...'` with \n and \t. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  const form = /(\$'(?:[^'\\]|\\.)*'|'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/g;
  for (const [word] of text.matchAll(form)) {
    words.push(
      word.replaceAll(
        /\$'((?:[^'\\]|\\.)*)'|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
        (...[, ansi, single, double, one = ""]: readonly (string | undefined)[]) => {
          if (ansi !== undefined) return ansi.replaceAll(/\\(.)/g, (_, c: string) => ({ n: "\n", t: "\t" })[c] ?? c);
          return single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? one;
        },
      ),
    );
  }
  return words;
}
