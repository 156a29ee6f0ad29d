/**
 * The text syntax of label selectors: a lexer and a recursive-descent parser with upstream's error messages.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go (Lexer, Parser)
 */
import { fieldErrorText, invalid } from "./fieldErrors.ts";
import { labelKeyProblems } from "./names.ts";
import { SelectorError, requirement, type Operator, type Requirement } from "./requirements.ts";

type TokenType = "end" | "word" | "(" | ")" | "," | "!" | "=" | "==" | "!=" | ">" | "<" | "in" | "notin";
interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const tokenPattern = /[ \t\r\n]+|==|!=|[=!(),><]|[^=!(),>< \t\r\n]+/g;
const binaryOperators = "in, notin, =, ==, !=, gt, lt";
const noPath = "<nil>";

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [found] of text.matchAll(tokenPattern)) {
    if (/^[ \t\r\n]/.test(found)) continue;
    tokens.push({ type: typeOf(found), text: found });
  }
  return [...tokens, { type: "end", text: "" }];
}

const keywords: readonly TokenType[] = ["(", ")", ",", "!", "=", "==", "!=", ">", "<", "in", "notin"];
function typeOf(text: string): TokenType {
  return keywords.find((keyword) => keyword === text) ?? "word";
}

const unexpected = (token: Token, expected: string): SelectorError => new SelectorError(`found '${token.text}', expected: ${expected}`);

class Parser {
  private at = 0;
  private readonly tokens: readonly Token[];
  constructor(text: string) {
    this.tokens = tokensOf(text);
  }

  all(): Requirement[] {
    const found: Requirement[] = [];
    for (;;) {
      const first = this.peek();
      if (first.type === "end") return found;
      if (first.type !== "word" && first.type !== "!") throw unexpected(first, "!, identifier, or 'end of string'");
      found.push(this.wrapped());
      const after = this.take();
      if (after.type === "end") return found;
      if (after.type !== ",") throw unexpected(after, "',' or 'end of string'");
      const next = this.peek();
      if (next.type !== "word" && next.type !== "!") throw unexpected(next, "identifier after ','");
    }
  }

  /** In the place of a value or a key, `in` and `notin` are words like any other. */
  private peek(): Token {
    const token = this.tokens[Math.min(this.at, this.tokens.length - 1)] ?? { type: "end", text: "" };
    return token.type === "in" || token.type === "notin" ? { type: "word", text: token.text } : token;
  }
  private take(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }
  private takeOperator(): Token {
    const token = this.tokens[Math.min(this.at, this.tokens.length - 1)] ?? { type: "end", text: "" };
    this.at += 1;
    return token;
  }

  private wrapped(): Requirement {
    try {
      return this.requirement();
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
  }

  private requirement(): Requirement {
    const negated = this.peek().type === "!";
    if (negated) this.take();
    const key = this.take();
    if (key.type !== "word") throw unexpected(key, "identifier");
    const problems = labelKeyProblems(key.text);
    if (problems.length > 0) throw new SelectorError(fieldErrorText(invalid(noPath, key.text, problems.join("; "))));
    const after = this.peek().type;
    if (negated || after === "end" || after === ",") return requirement(key.text, negated ? "!" : "exists", []);
    const operator = this.operator();
    const values = operator === "in" || operator === "notin" ? this.values() : [this.exactValue()];
    return requirement(key.text, operator, values);
  }

  private operator(): Operator {
    const token = this.takeOperator();
    switch (token.type) {
      case "in":
      case "notin":
      case "=":
      case "==":
      case "!=":
        return token.type;
      case ">":
        return "gt";
      case "<":
        return "lt";
      default:
        throw unexpected(token, binaryOperators);
    }
  }

  private exactValue(): string {
    const next = this.peek();
    if (next.type === "end" || next.type === ",") return "";
    this.take();
    if (next.type !== "word") throw unexpected(next, "identifier");
    return next.text;
  }

  /** `(a,b)`; empty places mean the empty value, as in `(,a)`. */
  private values(): string[] {
    const open = this.take();
    if (open.type !== "(") throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.peek();
    if (first.type !== "word" && first.type !== "," && first.type !== ")") throw unexpected(first, "',', ')' or identifier");
    const values = new Set<string>();
    let place = "";
    for (;;) {
      const token = this.take();
      if (token.type === "word") {
        const after = this.peek();
        if (after.type !== "," && after.type !== ")") throw unexpected(after, "',' or ')'");
        place = token.text;
        continue;
      }
      if (token.type !== "," && token.type !== ")") throw unexpected(token, "',', or identifier");
      values.add(place);
      place = "";
      if (token.type === ")") return [...values].sort();
    }
  }
}

/** Requirements in the order of the text. Throws SelectorError. */
export function parseRequirements(text: string): Requirement[] {
  return new Parser(text).all();
}
