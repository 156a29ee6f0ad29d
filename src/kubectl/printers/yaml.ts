/**
 * YAML with the bytes that upstream's writer gives: keys in its natural order, plain, quoted or block scalars by its rules, long lines
 * folded at spaces. Left out: anchors, tags, comments, flow style beyond `{}` and `[]`.
 * Upstream: sigs.k8s.io/yaml, go.yaml.in/yaml/v2 (encode.go, emitterc.go, sorter.go)
 */
import { goNumber } from "./goValue.ts";
import { escapeDouble, readsAsString, type ScalarFacts, scalarFacts } from "./yamlScalar.ts";

/** Ends with a line break. */
export function yamlText(value: unknown): string {
  const writer = new Writer();
  writer.node(value, { inMapping: false, isKey: false });
  return writer.finish();
}

const bestWidth = 80;
const step = 2;

interface Place {
  readonly inMapping: boolean;
  readonly isKey: boolean;
}

class Writer {
  private readonly parts: string[] = [];
  private column = 0;
  private indent = -1;
  /** What was written last was white space. */
  private whitespace = true;
  /** Only indentation stands on this line so far. */
  private indention = true;

  finish(): string {
    if (!this.indention || this.column > 0) this.lineBreak();
    return this.parts.join("");
  }

  node(value: unknown, place: Place): void {
    if (Array.isArray(value)) this.sequence(value, place);
    else if (typeof value === "object" && value !== null) this.mapping(value as Record<string, unknown>);
    else this.scalar(value, place);
  }

  private mapping(value: Record<string, unknown>): void {
    const keys = Object.keys(value).filter((key) => value[key] !== undefined);
    if (keys.length === 0) return this.empty("{", "}");
    const outer = this.indent;
    this.indent = outer < 0 ? 0 : outer + step;
    for (const key of keys.sort(compareKeys)) {
      this.newLine();
      if (isSimpleKey(key)) {
        this.node(key, { inMapping: true, isKey: true });
        this.indicator(":", false);
      } else {
        this.indicator("?", true, true);
        this.node(key, { inMapping: true, isKey: false });
        this.newLine();
        this.indicator(":", true, true);
      }
      this.node(value[key], { inMapping: true, isKey: false });
    }
    this.indent = outer;
  }

  private sequence(items: readonly unknown[], { inMapping }: Place): void {
    if (items.length === 0) return this.empty("[", "]");
    const outer = this.indent;
    const flush = inMapping && !this.indention;
    if (outer < 0) this.indent = 0;
    else if (!flush) this.indent = outer + step;
    for (const item of items) {
      this.newLine();
      this.indicator("-", true, true);
      this.node(item, { inMapping: false, isKey: false });
    }
    this.indent = outer;
  }

  private empty(open: string, close: string): void {
    this.indicator(open, true);
    this.indicator(close, false);
  }

  private scalar(value: unknown, { isKey }: Place): void {
    const outer = this.indent;
    this.indent = outer < 0 ? step : outer + step;
    if (typeof value === "string") this.text(value, isKey);
    else if (typeof value === "number") this.plain(goNumber(value), false);
    else this.plain(typeof value === "boolean" ? String(value) : "null", false);
    this.indent = outer;
  }

  private text(value: string, isKey: boolean): void {
    const facts = scalarFacts(value);
    switch (styleOf(value, facts, isKey)) {
      case "plain":
        return this.plain(value, !isKey);
      case "single":
        return this.single(value, !isKey);
      case "double":
        return this.double(value, !isKey);
      case "literal":
        return this.literal(value);
    }
  }

  private plain(value: string, mayFold: boolean): void {
    if (!this.whitespace) this.put(" ");
    this.folded(value, mayFold, () => true);
    this.whitespace = false;
    this.indention = false;
  }

  private single(value: string, mayFold: boolean): void {
    this.indicator("'", true);
    this.folded(value.replaceAll("'", "''"), mayFold, (at, length) => at > 0 && at < length - 1);
    this.indicator("'", false);
  }

  /** Characters, with line breaks instead of single spaces beyond the width. */
  private folded(value: string, mayFold: boolean, foldsAt: (at: number, length: number) => boolean): void {
    let spaces = false;
    const characters = Array.from(value);
    for (let at = 0; at < characters.length; at += 1) {
      const character = characters[at] as string;
      if (character !== " ") {
        this.put(character);
        this.indention = false;
        spaces = false;
        continue;
      }
      const folds = mayFold && !spaces && this.column > bestWidth && foldsAt(at, characters.length) && characters[at + 1] !== " ";
      if (folds) this.newLine();
      else this.put(" ");
      spaces = true;
    }
  }

  private double(value: string, mayFold: boolean): void {
    this.indicator('"', true);
    let spaces = false;
    const characters = Array.from(value);
    for (let at = 0; at < characters.length; at += 1) {
      const character = characters[at] as string;
      if (character !== " ") {
        this.putAll(escapeDouble(character));
        spaces = false;
        continue;
      }
      if (mayFold && !spaces && this.column > bestWidth && at > 0 && at < characters.length - 1) {
        this.newLine();
        if (characters[at + 1] === " ") this.put("\\");
      } else this.put(" ");
      spaces = true;
    }
    this.indicator('"', false);
  }

  private literal(value: string): void {
    this.indicator("|", true);
    if (/^[ \n\r\u0085\u2028\u2029]/.test(value)) this.indicator(String(step), false);
    if (!value.endsWith("\n")) this.indicator("-", false);
    else if (value === "\n" || value.endsWith("\n\n")) this.indicator("+", false);
    this.lineBreak();
    this.indention = true;
    this.whitespace = true;
    let breaks = true;
    for (const character of value) {
      if (character === "\n") {
        this.lineBreak();
        this.indention = true;
        breaks = true;
        continue;
      }
      if (breaks) this.newLine();
      this.put(character);
      this.indention = false;
      breaks = false;
    }
  }

  private put(character: string): void {
    this.parts.push(character);
    this.column += 1;
  }

  private putAll(text: string): void {
    this.parts.push(text);
    this.column += text.length;
  }

  private lineBreak(): void {
    this.parts.push("\n");
    this.column = 0;
  }

  /** A fresh line at the current depth, unless this one is. */
  private newLine(): void {
    const indent = Math.max(this.indent, 0);
    if (!this.indention || this.column > indent || (this.column === indent && !this.whitespace)) this.lineBreak();
    if (this.column < indent) this.putAll(" ".repeat(indent - this.column));
    this.whitespace = true;
    this.indention = true;
  }

  private indicator(text: string, needsSpace: boolean, indents = false): void {
    if (needsSpace && !this.whitespace) this.put(" ");
    this.putAll(text);
    this.whitespace = text === "{" || text === "[";
    this.indention &&= indents;
  }
}

type Style = "plain" | "single" | "double" | "literal";

function styleOf(value: string, facts: ScalarFacts, isKey: boolean): Style {
  let style: Style = value.includes("\n") ? "literal" : readsAsString(value) ? "plain" : "double";
  if (isKey && facts.multiline) style = "double";
  if (style === "plain" && (!facts.plainAllowed || (value === "" && isKey))) style = "single";
  if (style === "single" && !facts.singleAllowed) style = "double";
  if (style === "literal" && (!facts.blockAllowed || isKey)) style = "double";
  return style;
}

/** Longer keys, and those of several lines, stand behind a question mark. */
function isSimpleKey(key: string): boolean {
  return !key.includes("\n") && new TextEncoder().encode(key).length <= 128;
}

/** Upstream's natural order: letters behind everything else, runs of digits by their number. */
export function compareKeys(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    const [one, other] = [a[at] as string, b[at] as string];
    if (one === other) continue;
    const [isLetter, otherIsLetter] = [/\p{L}/u.test(one), /\p{L}/u.test(other)];
    if (isLetter && otherIsLetter) return codeOf(one) - codeOf(other);
    if (isLetter || otherIsLetter) return otherIsLetter ? -1 : 1;
    return compareNumbers(a, b, at);
  }
  return a.length - b.length;
}

function compareNumbers(a: readonly string[], b: readonly string[], at: number): number {
  let base = 0n;
  if (a[at] === "0" || b[at] === "0") {
    for (let back = at - 1; back >= 0 && isDigit(a[back]); back -= 1) {
      if (a[back] !== "0") {
        base = 1n;
        break;
      }
    }
  }
  const read = (text: readonly string[]): { readonly value: bigint; readonly end: number } => {
    let value = base;
    let end = at;
    for (; isDigit(text[end]); end += 1) value = value * 10n + BigInt(text[end] ?? "0");
    return { value, end };
  };
  const [one, other] = [read(a), read(b)];
  if (one.value !== other.value) return one.value < other.value ? -1 : 1;
  if (one.end !== other.end) return one.end - other.end;
  return codeOf(a[at] ?? "") - codeOf(b[at] ?? "");
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;
const isDigit = (character: string | undefined): boolean => character !== undefined && character >= "0" && character <= "9";
