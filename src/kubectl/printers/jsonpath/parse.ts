/**
 * kubectl's own dialect of JSONPath: text with `{...}` in it. Gives the tree that evaluate.ts walks.
 * Upstream: client-go/util/jsonpath/parser.go
 */
import { KubectlError } from "../../errors.ts";
import { unquoteCharacters } from "./unquote.ts";

export type Node =
  | { readonly type: "list"; readonly nodes: readonly Node[] }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "array"; readonly params: ArrayParams }
  | { readonly type: "filter"; readonly left: Node; readonly right: Node; readonly operator: string }
  | { readonly type: "number"; readonly value: number; readonly isFloat: boolean }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "wildcard" }
  | { readonly type: "recursive" }
  | { readonly type: "union"; readonly nodes: readonly Node[] }
  | { readonly type: "identifier"; readonly name: string };

export interface ArrayParam {
  readonly value: number;
  readonly known: boolean;
  /** Made out of the first, for a single index. */
  readonly derived: boolean;
}
export type ArrayParams = readonly [start: ArrayParam, end: ArrayParam, step: ArrayParam];

/** The template's parts: texts, and a list for each `{...}`. Throws KubectlError. */
export function parseJsonPath(template: string): Node[] {
  return new Parser(template).parse();
}

const terminators = " \t\r\n.,[]$@{}";

class Parser {
  private readonly input: string;
  private at = 0;
  private readonly root: Node[] = [];

  constructor(input: string) {
    this.input = input;
  }

  parse(): Node[] {
    for (;;) {
      const brace = this.input.indexOf("{", this.at);
      const text = this.input.slice(this.at, brace < 0 ? undefined : brace);
      if (text !== "") this.root.push({ type: "text", text });
      if (brace < 0) return this.root;
      this.at = brace + 1;
      this.root.push({ type: "list", nodes: this.action() });
    }
  }

  private action(): Node[] {
    const nodes: Node[] = [];
    for (;;) {
      if (this.input[this.at] === "}") {
        this.at += 1;
        return nodes;
      }
      if (this.input.startsWith("[?(", this.at)) nodes.push(this.filter());
      else if (this.input.startsWith("..", this.at)) this.recursive(nodes);
      else this.one(nodes);
    }
  }

  private one(nodes: Node[]): void {
    const c = this.input[this.at];
    if (c === undefined || c === "\r" || c === "\n") throw new KubectlError("unclosed action");
    if (c === " " || c === "@" || c === "$") {
      this.at += 1;
    } else if (c === "[") nodes.push(...this.array());
    else if (c === '"' || c === "'") nodes.push(this.quoted(c));
    else if (c === ".") {
      this.at += 1;
      nodes.push(this.field());
    } else if (/[+\-\p{Nd}]/u.test(c)) nodes.push(this.number());
    else if (/[_\p{L}]/u.test(c)) nodes.push(this.identifier());
    else throw new KubectlError(`unrecognized character in action: ${goRune(this.input.codePointAt(this.at) ?? 0)}`);
  }

  private identifier(): Node {
    const start = this.at;
    while (!this.atTerminator()) this.at += 1;
    const name = this.input.slice(start, this.at);
    return name === "true" || name === "false" ? { type: "bool", value: name === "true" } : { type: "identifier", name };
  }

  private recursive(nodes: Node[]): void {
    if (nodes.at(-1)?.type === "recursive") throw new KubectlError("invalid multiple recursive descent");
    this.at += 2;
    nodes.push({ type: "recursive" });
    if (/[_\p{L}\p{Nd}]/u.test(this.input[this.at] ?? "")) nodes.push(this.field());
  }

  private number(): Node {
    const start = this.at;
    if (/[+-]/.test(this.input[this.at] ?? "")) this.at += 1;
    while (/[.\d]/.test(this.input[this.at] ?? "")) this.at += 1;
    const text = this.input.slice(start, this.at);
    if (/^[+-]?\d+$/.test(text)) return { type: "number", value: Number(text), isFloat: false };
    if (/^[+-]?(\d+\.\d*|\.\d+)$/.test(text)) return { type: "number", value: Number(text), isFloat: true };
    throw new KubectlError(`cannot parse number ${text}`);
  }

  private field(): Node {
    const start = this.at;
    while (!this.atTerminator()) this.at += this.input[this.at] === "\\" ? 2 : 1;
    const name = this.input.slice(start, this.at);
    return name === "*" ? { type: "wildcard" } : { type: "field", name: name.replaceAll("\\", "") };
  }

  private atTerminator(): boolean {
    const c = this.input[this.at];
    return c === undefined || terminators.includes(c);
  }

  private quoted(quote: string): Node {
    const start = this.at;
    for (this.at += 1; ; this.at += 1) {
      const c = this.input[this.at];
      if (c === undefined || c === "\n") throw new KubectlError("unterminated quoted string");
      if (c === quote && this.input[this.at - 1] !== "\\") break;
    }
    this.at += 1;
    const whole = this.input.slice(start, this.at);
    const text = unquoteCharacters(whole.slice(1, -1), quote);
    if (text === undefined) throw new KubectlError(`unquote string ${whole} error invalid syntax`);
    return { type: "text", text };
  }

  private array(): readonly Node[] {
    const start = this.at;
    for (; this.input[this.at] !== "]"; this.at += 1) {
      if (this.input[this.at] === undefined || this.input[this.at] === "\n") throw new KubectlError("unterminated array");
    }
    this.at += 1;
    const inside = this.input.slice(start + 1, this.at - 1);
    const text = inside === "*" ? ":" : inside;
    const parts = text.split(",");
    if (parts.length > 1) return [{ type: "union", nodes: parts.map((part) => inner(`[${part.replace(/^ +| +$/g, "")}]`)) }];
    const key = /^'([^']*)'$/.exec(text);
    if (key !== null) {
      const list = inner(`.${key[1] ?? ""}`);
      return list.type === "list" ? list.nodes : [list];
    }
    return [{ type: "array", params: sliceParams(text) }];
  }

  private filter(): Node {
    this.at += 3;
    const text = this.filterText();
    this.at += 1;
    if (this.input[this.at] !== "]") throw new KubectlError("unclosed array expect ]");
    this.at += 1;
    const parts = /^([^!<>=]+)([!<>=]+)(.+?)$/.exec(text);
    if (parts === null) return { type: "filter", left: inner(text), right: { type: "list", nodes: [] }, operator: "exists" };
    const [, left = "", operator = "", right = ""] = parts;
    return { type: "filter", left: inner(left), right: inner(right), operator };
  }

  /** Up to the parenthesis that ends it, which is one outside the first quotation. */
  private filterText(): string {
    const start = this.at;
    let open: string | undefined;
    let closed = false;
    for (; ; this.at += 1) {
      const c = this.input[this.at];
      if (c === undefined || c === "\n") throw new KubectlError("unterminated filter");
      if (c === ")" && (open !== undefined) === closed) return this.input.slice(start, this.at);
      if (c !== '"' && c !== "'") continue;
      if (open === undefined) open = c;
      else if (c === open && this.input[this.at - 1] !== "\\") closed = true;
    }
  }
}

/** What stands inside one pair of braces. */
function inner(text: string): Node {
  return new Parser(`{${text}}`).parse()[0] ?? { type: "list", nodes: [] };
}

function sliceParams(text: string): ArrayParams {
  const match = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
  if (match === null) throw new KubectlError(`invalid array index ${text}`);
  const [, first = "", second, third] = match;
  const start = arrayParam(first);
  const end = second === undefined ? { value: start.value + 1, known: true, derived: true } : arrayParam(second.slice(1));
  return [start, end, arrayParam(third?.slice(1) ?? "")];
}

function arrayParam(text: string): ArrayParam {
  if (text === "") return { value: 0, known: false, derived: false };
  if (!/^-?\d+$/.test(text)) throw new KubectlError(`array index ${text} is not a number`);
  return { value: Number(text), known: true, derived: false };
}

/** `%#U`: `U+0021 '!'`. */
function goRune(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")} '${String.fromCodePoint(code)}'`;
}
