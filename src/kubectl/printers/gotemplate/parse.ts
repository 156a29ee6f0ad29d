/** A Go template's tree. Left out: comments kept as nodes, custom delimiters. Upstream: text/template/parse/parse.go */
import { unquoteCharacters } from "../jsonpath/unquote.ts";
import { knownFunction } from "./functionNames.ts";
import { lex, type Token, type TokenKind } from "./lex.ts";
import { parseGoNumber } from "./numbers.ts";
import { TemplateError } from "./templateError.ts";

export type Expression =
  | { readonly type: "dot"; readonly at: number }
  | { readonly type: "nil"; readonly at: number }
  | {
      readonly type: "literal";
      readonly value: string | number | boolean;
      readonly at: number;
      readonly text: string;
      readonly isFloat?: boolean;
    }
  | { readonly type: "field"; readonly names: readonly string[]; readonly at: number }
  | { readonly type: "variable"; readonly name: string; readonly names: readonly string[]; readonly at: number }
  | { readonly type: "chain"; readonly inner: Pipeline; readonly names: readonly string[]; readonly at: number }
  | { readonly type: "function"; readonly name: string; readonly at: number };

/** The first is what is called; the rest are its arguments. */
export interface Command {
  readonly operands: readonly Expression[];
  readonly at: number;
}

export interface Pipeline {
  readonly variables: readonly string[];
  readonly declares: boolean;
  readonly commands: readonly Command[];
  readonly at: number;
}

export type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "action"; readonly pipeline: Pipeline }
  | {
      readonly type: "if" | "with" | "range";
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly type: "template"; readonly name: string; readonly pipeline: Pipeline | undefined; readonly at: number }
  | { readonly type: "break" | "continue" };

export interface Template {
  readonly input: string;
  readonly root: readonly Node[];
  readonly named: ReadonlyMap<string, readonly Node[]>;
}

export function parseTemplate(input: string): Template {
  const parser = new Parser(input);
  const root = parser.top();
  return { input, root, named: parser.named };
}

interface Block {
  readonly nodes: Node[];
  readonly endedBy: "end" | "else" | "eof";
}

class Parser {
  readonly named = new Map<string, readonly Node[]>();
  private readonly input: string;
  private readonly tokens: readonly Token[];
  private at = 0;
  private variables: string[] = ["$"];
  private ranges = 0;

  constructor(input: string) {
    this.input = input;
    this.tokens = lex(input);
  }

  top(): Node[] {
    const { nodes, endedBy } = this.block();
    if (endedBy !== "eof") throw this.fail(`unexpected {{${endedBy}}}`);
    return nodes;
  }

  private block(): Block {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.next();
      if (token.kind === "end") return { nodes, endedBy: "eof" };
      if (token.kind === "text") {
        nodes.push({ type: "text", text: token.text });
        continue;
      }
      const keyword = this.peekPastSpace();
      if (keyword.kind === "keyword" && (keyword.text === "end" || keyword.text === "else")) {
        this.nextPastSpace();
        if (keyword.text === "end") this.expect("close", "end");
        return { nodes, endedBy: keyword.text };
      }
      const node = this.action();
      if (node !== undefined) nodes.push(node);
    }
  }

  private action(): Node | undefined {
    const token = this.peekPastSpace();
    if (token.kind !== "keyword") return { type: "action", pipeline: this.pipeline("command", "close") };
    this.nextPastSpace();
    switch (token.text) {
      case "if":
      case "with":
      case "range":
        return this.control(token.text);
      case "break":
      case "continue":
        if (this.ranges === 0) throw this.fail(`{{${token.text}}} outside {{range}}`);
        this.expect("close", token.text);
        return { type: token.text };
      case "define":
        this.define();
        return undefined;
      default:
        return this.templateCall(token);
    }
  }

  private control(type: "if" | "with" | "range"): Node {
    const outer = [...this.variables];
    const pipeline = this.pipeline(type, "close");
    if (type === "range") this.ranges += 1;
    const body = this.block();
    if (type === "range") this.ranges -= 1;
    let otherwise: readonly Node[] = [];
    if (body.endedBy === "eof") throw this.fail("unexpected EOF");
    if (body.endedBy === "else") otherwise = this.elseBranch(type);
    this.variables = outer;
    return { type, pipeline, body: body.nodes, otherwise };
  }

  private elseBranch(type: "if" | "with" | "range"): readonly Node[] {
    const next = this.peekPastSpace();
    if (type !== "range" && next.kind === "keyword" && next.text === type) {
      this.nextPastSpace();
      return [this.control(type)];
    }
    this.expect("close", "else");
    const { nodes, endedBy } = this.block();
    if (endedBy !== "end") throw this.fail(endedBy === "eof" ? "unexpected EOF" : "expected end; found {{else}}");
    return nodes;
  }

  private define(): void {
    const name = this.quotedName("define clause");
    this.expect("close", "define clause");
    const outer = this.variables;
    this.variables = ["$"];
    const { nodes, endedBy } = this.block();
    if (endedBy !== "end") throw this.fail(endedBy === "eof" ? "unexpected EOF" : "unexpected {{else}} in define clause");
    this.variables = outer;
    this.named.set(name, nodes);
  }

  private templateCall(token: Token): Node {
    const context = `${token.text} clause`;
    const { at } = this.peekPastSpace();
    const name = this.quotedName(context);
    const pipeline = this.peekPastSpace().kind === "close" ? undefined : this.pipeline(context, "close");
    if (pipeline === undefined) this.expect("close", context);
    if (token.text === "block") {
      const { nodes } = this.block();
      this.named.set(name, nodes);
    }
    return { type: "template", name, pipeline, at };
  }

  private quotedName(context: string): string {
    const token = this.nextPastSpace();
    if (token.kind !== "string") throw this.unexpected(token, context);
    return this.unquoted(token);
  }

  private pipeline(context: string, end: TokenKind): Pipeline {
    const { at } = this.peekPastSpace();
    const { names: variables, declares } = this.declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.peekPastSpace();
      if (token.kind === end) {
        this.nextPastSpace();
        if (commands.length === 0) throw this.fail(`missing value for ${context}`);
        return { variables, declares, commands, at };
      }
      commands.push(this.command(context, end));
    }
  }

  private declarations(context: string): { readonly names: string[]; readonly declares: boolean } {
    const start = this.at;
    const names: string[] = [];
    for (;;) {
      const variable = this.peekPastSpace();
      if (variable.kind !== "variable") break;
      this.nextPastSpace();
      const next = this.peekPastSpace();
      if (next.kind === "declare" || next.kind === "assign") {
        this.nextPastSpace();
        names.push(variable.text);
        if (next.kind === "declare") this.variables.push(...names);
        return { names, declares: next.kind === "declare" };
      }
      if (next.kind !== "comma" || context !== "range") break;
      this.nextPastSpace();
      names.push(variable.text);
    }
    this.at = start;
    return { names: [], declares: false };
  }

  private command(context: string, end: TokenKind): Command {
    const operands: Expression[] = [];
    const { at } = this.peekPastSpace();
    for (;;) {
      const token = this.peekPastSpace();
      if (token.kind === end) break;
      if (token.kind === "pipe") {
        this.nextPastSpace();
        const next = this.peekPastSpace();
        if (next.kind === end) throw this.fail(`missing value for ${context}`);
        break;
      }
      operands.push(this.operand(context));
    }
    if (operands.length === 0) throw this.fail("empty command");
    return { operands, at };
  }

  private operand(context: string): Expression {
    const token = this.nextPastSpace();
    switch (token.kind) {
      case "dot":
        return { type: "dot", at: token.at };
      case "nil":
        return { type: "nil", at: token.at };
      case "field":
        return this.field(token);
      case "variable":
        return this.variable(token);
      case "leftParen": {
        const inner = this.pipeline("parenthesized pipeline", "rightParen");
        return { type: "chain", inner, names: this.fields([]), at: token.at };
      }
      case "identifier":
        if (!knownFunction(token.text)) throw this.fail(`function ${JSON.stringify(token.text)} not defined`);
        return { type: "function", name: token.text, at: token.at };
      default:
        return this.literal(token, context);
    }
  }

  /** A chain of fields is said to be where its second begins. */
  private field(token: Token): Expression {
    const second = this.tokens[this.at];
    const at = second?.kind === "field" ? second.at : token.at;
    return { type: "field", names: this.fields([token.text.slice(1)]), at };
  }

  private variable(token: Token): Expression {
    if (!this.variables.includes(token.text)) throw this.fail(`undefined variable ${JSON.stringify(token.text)}`);
    const next = this.tokens[this.at];
    const at = next?.kind === "field" ? next.at : token.at;
    return { type: "variable", name: token.text, names: this.fields([]), at };
  }

  private literal(token: Token, context: string): Expression {
    const { text, at } = token;
    if (token.kind === "bool") return { type: "literal", value: text === "true", at, text };
    if (token.kind === "string") return { type: "literal", value: this.unquoted(token), at, text };
    if (token.kind === "char") return { type: "literal", value: this.unquoted(token).codePointAt(0) ?? 0, at, text };
    const number = token.kind === "number" ? parseGoNumber(text) : undefined;
    if (number === undefined) throw this.unexpected(token, context);
    return { type: "literal", value: number.value, at, text, isFloat: !number.isInt };
  }

  private fields(names: string[]): readonly string[] {
    for (let token = this.tokens[this.at]; token?.kind === "field"; token = this.tokens[this.at]) {
      names.push(token.text.slice(1));
      this.at += 1;
    }
    return names;
  }

  private unquoted({ text }: Token): string {
    if (text.startsWith("`")) return text.slice(1, -1);
    const inside = unquoteCharacters(text.slice(1, -1), text[0] ?? '"');
    if (inside === undefined) throw this.fail("invalid syntax");
    return inside;
  }

  private next(): Token {
    const token = this.tokens[this.at] as Token;
    if (token.kind !== "end") this.at += 1;
    return token;
  }

  private peekPastSpace(): Token {
    while (this.tokens[this.at]?.kind === "space") this.at += 1;
    return this.tokens[this.at] as Token;
  }

  private nextPastSpace(): Token {
    this.peekPastSpace();
    return this.next();
  }

  private expect(kind: TokenKind, context: string): void {
    const token = this.nextPastSpace();
    if (token.kind !== kind) throw this.unexpected(token, context);
  }

  private unexpected(token: Token, context: string): TemplateError {
    const shown =
      token.kind === "keyword"
        ? `<${token.text}>`
        : token.text.length > 10
          ? `${JSON.stringify(token.text.slice(0, 10))}...`
          : JSON.stringify(token.text);
    return this.fail(`unexpected ${token.kind === "end" ? "EOF" : shown} in ${context}`);
  }

  private fail(problem: string): TemplateError {
    const at = this.tokens[Math.max(0, this.at - 1)]?.at ?? 0;
    return new TemplateError(problem, this.input, at);
  }
}
