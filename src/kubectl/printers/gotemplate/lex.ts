/** A Go template as tokens. Upstream: text/template/parse/lex.go */
import { TemplateError } from "./templateError.ts";

export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "field"
  | "variable"
  | "identifier"
  | "keyword"
  | "dot"
  | "string"
  | "char"
  | "number"
  | "pipe"
  | "leftParen"
  | "rightParen"
  | "assign"
  | "declare"
  | "comma"
  | "space"
  | "bool"
  | "nil"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins in the template. */
  readonly at: number;
}

const keywords = new Set(["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"]);

export function lex(input: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < input.length) {
    const open = input.indexOf("{{", at);
    const textEnd = open < 0 ? input.length : open;
    const trimsBefore = open >= 0 && /^\{\{-\s/.test(input.slice(open, open + 4));
    const raw = input.slice(at, textEnd);
    const text = trimsBefore ? raw.replace(/[ \t\r\n]+$/, "") : raw;
    if (text !== "") tokens.push({ kind: "text", text, at });
    if (open < 0) break;
    const start = open + 2 + (trimsBefore ? 1 : 0);
    at = lexAction(input, start, open, tokens);
  }
  tokens.push({ kind: "end", text: "", at: input.length });
  return tokens;
}

/** Gives where the text behind the action begins. */
function lexAction(input: string, start: number, open: number, tokens: Token[]): number {
  const comment = /^\s*\/\*[^]*?\*\//.exec(input.slice(start));
  if (comment !== null) return behindComment(input, start + comment[0].length, open);
  if (/^\s*\/\*/.test(input.slice(start))) throw new TemplateError("unclosed comment", input, open);
  tokens.push({ kind: "open", text: "{{", at: open });
  let at = start;
  let depth = 0;
  for (;;) {
    const closes = /^\s-\}\}|^\}\}/.exec(input.slice(at));
    if (closes !== null) {
      if (depth > 0) throw new TemplateError("unclosed left paren", input, at);
      tokens.push({ kind: "close", text: "}}", at });
      return behindClose(input, at + closes[0].length, closes[0].includes("-"));
    }
    const token = nextToken(input, at);
    if (token.kind === "leftParen") depth += 1;
    if (token.kind === "rightParen") {
      depth -= 1;
      if (depth < 0) throw new TemplateError("unexpected right paren", input, at);
    }
    tokens.push(token);
    at += token.text.length;
  }
}

function behindComment(input: string, at: number, open: number): number {
  const closes = /^(\s-)?\}\}/.exec(input.slice(at));
  if (closes === null) throw new TemplateError("comment ends before closing delimiter", input, open);
  return behindClose(input, at + closes[0].length, closes[1] !== undefined);
}

function behindClose(input: string, at: number, trims: boolean): number {
  return trims ? at + (/^[ \t\r\n]*/.exec(input.slice(at))?.[0].length ?? 0) : at;
}

const forms: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /^[ \t\r\n]+/],
  ["declare", /^:=/],
  ["assign", /^=/],
  ["pipe", /^\|/],
  ["leftParen", /^\(/],
  ["rightParen", /^\)/],
  ["comma", /^,/],
  ["string", /^"(?:[^"\\\n]|\\.)*"|^`[^`]*`/],
  ["char", /^'(?:[^'\\\n]|\\.)*'/],
  ["number", /^[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?)/],
  ["field", /^\.[\p{L}_][\p{L}\p{N}_]*/u],
  ["variable", /^\$[\p{L}\p{N}_]*/u],
  ["dot", /^\./],
  ["identifier", /^[\p{L}_][\p{L}\p{N}_]*/u],
];

function nextToken(input: string, at: number): Token {
  const rest = input.slice(at);
  if (rest === "") throw new TemplateError("unclosed action", input, at);
  for (const [kind, form] of forms) {
    const text = form.exec(rest)?.[0];
    if (text !== undefined) return { kind: kind === "identifier" ? wordKind(text) : kind, text, at };
  }
  if (/^["'`]/.test(rest)) {
    throw new TemplateError(
      { '"': "unterminated quoted string", "'": "unterminated character constant", "`": "unterminated raw quoted string" }[rest[0] as '"'],
      input,
      at,
    );
  }
  const code = rest.codePointAt(0) ?? 0;
  const shown = `U+${code.toString(16).toUpperCase().padStart(4, "0")} '${String.fromCodePoint(code)}'`;
  throw new TemplateError(`unexpected ${JSON.stringify(String.fromCodePoint(code))} in command`, input, at, shown);
}

function wordKind(text: string): TokenKind {
  if (keywords.has(text)) return "keyword";
  if (text === "true" || text === "false") return "bool";
  return text === "nil" ? "nil" : "identifier";
}
