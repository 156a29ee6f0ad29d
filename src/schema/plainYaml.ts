/**
 * The plain part of YAML that kubeconfigs and most manifests keep to: block maps and lists, one-line scalars, whole-line comments. Read in a
 * fraction of the full parser's time, most of which, in a short command, is that parser's own loading. Anything else (and anything
 * doubtful) is refused, and the full parser reads it.
 */

interface Line {
  indent: number;
  text: string;
}

class NotPlain extends Error {}

/** undefined: not plain. */
export function parsePlainYaml(text: string): { readonly value: unknown } | undefined {
  if (!/^[\n\x20-\x7e]*$/.test(text)) return undefined;
  const lines: Line[] = [];
  for (const line of text.split("\n")) {
    const content = line.trim();
    if (content !== "" && !content.startsWith("#")) lines.push({ indent: line.length - line.trimStart().length, text: content });
  }
  const reader = new Reader(lines);
  try {
    return lines.length === 0 ? undefined : { value: reader.whole() };
  } catch (error) {
    if (error instanceof NotPlain || error instanceof RangeError) return undefined;
    throw error;
  }
}

class Reader {
  private readonly lines: readonly Line[];
  private at = 0;

  constructor(lines: readonly Line[]) {
    this.lines = lines;
  }

  whole(): unknown {
    const value = this.block(this.next()?.indent ?? 0);
    if (this.next() !== undefined) throw new NotPlain();
    return value;
  }

  private next(): Line | undefined {
    return this.lines[this.at];
  }

  private block(indent: number): unknown {
    return isItem(this.next()) ? this.list(indent) : this.map(indent);
  }

  private list(indent: number): unknown[] {
    const items: unknown[] = [];
    for (let line = this.next(); line?.indent === indent && isItem(line); line = this.next()) {
      const content = line.text.slice(1).trimStart();
      // What stands behind the dash is the first line of a block of its own.
      const inner = indent + line.text.length - content.length;
      if (content === "") throw new NotPlain();
      if (splitPair(content) === undefined && !content.startsWith("- ")) {
        items.push(scalar(content));
        this.at += 1;
        continue;
      }
      line.indent = inner;
      line.text = content;
      items.push(this.block(inner));
    }
    this.mustBeOutside(indent);
    return items;
  }

  private map(indent: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let line = this.next(); line?.indent === indent && !isItem(line); line = this.next()) {
      const pair = splitPair(line.text);
      if (pair === undefined || Object.hasOwn(map, pair.key)) throw new NotPlain();
      this.at += 1;
      map[pair.key] = pair.value === "" ? this.nested(indent) : scalar(pair.value);
    }
    this.mustBeOutside(indent);
    return map;
  }

  /** The value of a key that has nothing behind it. A list may stand at the key's own indent. */
  private nested(indent: number): unknown {
    const line = this.next();
    if (line === undefined || line.indent < indent || (line.indent === indent && !isItem(line))) return null;
    return this.block(line.indent);
  }

  /** A line that is further in than its block is a scalar going on, or a mistake. */
  private mustBeOutside(indent: number): void {
    const line = this.next();
    if (line !== undefined && line.indent > indent) throw new NotPlain();
  }
}

function isItem(line: Line | undefined): boolean {
  return line !== undefined && (line.text === "-" || line.text.startsWith("- "));
}

const special = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

function splitPair(text: string): { readonly key: string; readonly value: string } | undefined {
  const [, key, value = ""] = /^([A-Za-z][A-Za-z0-9_./-]*):(?: +(.*))?$/.exec(text) ?? [];
  return key === undefined || special.test(key) ? undefined : { key, value };
}

const wholeNumber = /^(?:0|[1-9]\d{0,14})$/;
const words = /^[A-Za-z/][A-Za-z0-9_./@+=~-]*(?::[A-Za-z0-9_./@+=~-]+)*(?: [A-Za-z0-9_./@+=~-]+)*$/;
const quoted = /^"([^"\\]*)"$|^'([^']*)'$/;
const exact: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };

function scalar(text: string): unknown {
  if (Object.hasOwn(exact, text)) return exact[text];
  if (words.test(text) && !special.test(text)) return text;
  if (wholeNumber.test(text)) return Number(text);
  if (text === "{}") return {};
  if (text === "[]") return [];
  const [whole, double, single] = quoted.exec(text) ?? [];
  if (whole === undefined) throw new NotPlain();
  return double ?? single;
}
