/** nginx's configuration language: directives, blocks, quotes, comments, includes. Knows no directive's meaning. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

export interface Place {
  readonly file: string;
  readonly line: number;
}
export interface Directive extends Place {
  readonly name: string;
  readonly args: readonly string[];
  /** Absent for a simple directive. */
  readonly block: readonly Directive[] | undefined;
}

/** A configuration that nginx would refuse; the message is what follows `nginx: [emerg] `. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(message: string, place?: Place) {
    super(place === undefined ? message : `${message} in ${place.file}:${place.line}`);
  }
}

interface Token extends Place {
  readonly text: string;
  /** `{`, `}` and `;` count as such only when not quoted. */
  readonly quoted: boolean;
}

export function readConfig(path: string): readonly Directive[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(`open() ${JSON.stringify(path)} failed (${systemText(error)})`);
  }
  return parseConfig(text, path);
}

/** Names in `include` are relative to the folder of `file`, as with nginx when that is its main file. */
export function parseConfig(text: string, file: string, folder: string = dirname(file)): readonly Directive[] {
  const tokens = tokenize(text, file);
  const parser = new Parser(tokens, file, folder);
  return parser.block(undefined);
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #file: string;
  readonly #folder: string;
  #at = 0;

  constructor(tokens: readonly Token[], file: string, folder: string) {
    this.#tokens = tokens;
    this.#file = file;
    this.#folder = folder;
  }

  block(opened: Token | undefined): readonly Directive[] {
    const directives: Directive[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined) {
        if (opened === undefined) return directives;
        throw new ConfigError('unexpected end of file, expecting "}"', { file: this.#file, line: this.#lastLine() });
      }
      if (isMark(token, "}")) {
        if (opened === undefined) throw new ConfigError('unexpected "}"', token);
        this.#at += 1;
        return directives;
      }
      directives.push(...this.#directive());
    }
  }

  #directive(): readonly Directive[] {
    const first = this.#next();
    if (isMark(first, ";") || isMark(first, "{")) throw new ConfigError(`unexpected ${JSON.stringify(first.text)}`, first);
    const args: string[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined)
        throw new ConfigError('unexpected end of file, expecting ";" or "}"', { file: this.#file, line: this.#lastLine() });
      this.#at += 1;
      if (isMark(token, ";")) return this.#finish(first, args, undefined);
      if (isMark(token, "{")) return this.#finish(first, args, this.block(token));
      if (isMark(token, "}")) throw new ConfigError('unexpected "}"', token);
      args.push(token.text);
    }
  }

  #finish(first: Token, args: readonly string[], block: readonly Directive[] | undefined): readonly Directive[] {
    const { file, line, text: name } = first;
    if (name !== "include" || block !== undefined) return [{ name, args, block, file, line }];
    if (args.length !== 1) throw new ConfigError('invalid number of arguments in "include" directive', first);
    const pattern = resolve(this.#folder, args[0] ?? "");
    return matching(pattern).flatMap((path) => {
      try {
        return parseConfig(readFileSync(path, "utf8"), path, this.#folder);
      } catch (error) {
        if (error instanceof ConfigError) throw error;
        throw new ConfigError(`open() ${JSON.stringify(path)} failed (${systemText(error)})`, first);
      }
    });
  }

  #next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new ConfigError("unexpected end of file", { file: this.#file, line: this.#lastLine() });
    this.#at += 1;
    return token;
  }

  #lastLine(): number {
    return this.#tokens.at(-1)?.line ?? 1;
  }
}

function isMark(token: Token, mark: "{" | "}" | ";"): boolean {
  return !token.quoted && token.text === mark;
}

const word = /(?:[^\s;{}"'\\]|\\.|\$\{\w+\})(?:[^\s;{\\]|\\.|(?<=\$)\{\w+\})*/y;

function tokenize(text: string, file: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === "\n") line += 1;
    if (/\s/.test(char)) at += 1;
    else if (char === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (char === "{" || char === "}" || char === ";") {
      tokens.push({ text: char, quoted: false, file, line });
      at += 1;
    } else if (char === '"' || char === "'") {
      const { value, length } = quotedText(text, at, { file, line });
      tokens.push({ text: value, quoted: true, file, line });
      line += value.split("\n").length - 1;
      at += length;
    } else {
      word.lastIndex = at;
      const found = word.exec(text)?.[0] ?? char;
      tokens.push({ text: unescape(found), quoted: false, file, line });
      at += found.length;
    }
  }
  return tokens;
}

function quotedText(text: string, start: number, place: Place): { readonly value: string; readonly length: number } {
  const quote = text[start];
  let value = "";
  for (let i = start + 1; i < text.length; i += 1) {
    if (text[i] === quote) return { value: unescape(value), length: i + 1 - start };
    if (text[i] === "\\") {
      value += "\\";
      i += 1;
    }
    value += text[i] ?? "";
  }
  throw new ConfigError('unexpected end of file, expecting ";" or "}"', place);
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "'": "'", "\\": "\\" };

/** What nginx's own reader knows; any other backslash stays, for regular expressions. */
function unescape(text: string): string {
  return text.replaceAll(/\\([ntr"'\\])/g, (_, char: string) => escapes[char] ?? char);
}

/** Only the last part of a path may hold `*` and `?`. A pattern without a match is no error, a plain name is. */
function matching(pattern: string): readonly string[] {
  const name = basename(pattern);
  if (!/[*?]/.test(name)) return [pattern];
  const form = new RegExp(
    `^${name
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
  const folder = dirname(pattern);
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((each) => form.test(each) && !each.startsWith("."))
    .sort()
    .map((each) => join(folder, each));
}

export function systemText(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words: Readonly<Record<string, string>> = {
    ENOENT: "2: No such file or directory",
    EACCES: "13: Permission denied",
    EISDIR: "21: Is a directory",
    EADDRINUSE: "98: Address already in use",
    EADDRNOTAVAIL: "99: Cannot assign requested address",
    ECONNREFUSED: "111: Connection refused",
    ECONNRESET: "104: Connection reset by peer",
    EHOSTUNREACH: "113: No route to host",
    ENETUNREACH: "101: Network is unreachable",
    ETIMEDOUT: "110: Connection timed out",
  };
  return words[code] ?? (error instanceof Error ? error.message : String(error));
}
