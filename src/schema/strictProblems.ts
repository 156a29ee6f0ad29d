/**
 * Names unknown and duplicate fields of a JSON text by path, in the order of the text, worded as upstream's strict decoding.
 * Only called when a cheaper count has shown that there are some. The text is known to be valid JSON.
 */
import { DecodeError, maxDepth } from "../base/wire/decodeError.ts";
import type { FieldType, Struct } from "./structs.ts";

/** Upstream reports no more than this many. */
const maxProblems = 100;

/** `unknown field "spec.foo"`, `duplicate field "spec.bar"`. */
export function strictProblems(text: string, struct: Struct): string[] {
  const scan = new Scan(text);
  scan.object(struct.fields, "", 0);
  return [...scan.problems];
}

/** `duplicate field "a.b"` for a JSON text of no known struct, such as a patch. */
export function duplicateKeys(text: string): string[] {
  const scan = new Scan(text);
  scan.any();
  return [...scan.problems];
}

/** How many keys a valid JSON text has, counting each time that one is given. */
export function countKeys(text: string): number {
  let keys = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    at = endOfString(text, at);
    while (isSpace(text.charCodeAt(at))) at += 1;
    if (text.charCodeAt(at) === 0x3a) keys += 1;
  }
  return keys;
}

/** The index after the closing quote of the string that starts at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  return text.length;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** What is known of the value that the scan stands before; undefined: skip it without a look. */
type Inside = FieldType | undefined;
/** Types of an object's keys: a struct's fields, or one type for all keys of a map. */
type Members = ReadonlyMap<string, { readonly type: FieldType }> | { readonly all: FieldType };

function membersOf(type: Inside): Members | undefined {
  if (type?.is === "struct") return type.struct.fields;
  if (type?.is === "map") return { all: type.value };
  return type?.is === "any" ? { all: type } : undefined;
}
function itemOf(type: Inside): Inside {
  if (type?.is === "list") return type.item;
  return type?.is === "any" ? type : undefined;
}

class Scan {
  readonly problems = new Set<string>();
  private readonly text: string;
  private at = 0;
  constructor(text: string) {
    this.text = text;
  }

  object(members: Members, path: string, depth: number): void {
    if (depth > maxDepth) throw new DecodeError("exceeded max depth");
    this.expect("{");
    const seen = new Set<string>();
    while (this.peek() !== "}") {
      const key = this.string();
      this.expect(":");
      const inner = path === "" ? key : `${path}.${key}`;
      const type = "all" in members ? members.all : members.get(key)?.type;
      if (type === undefined) this.report(`unknown field "${inner}"`);
      else if (seen.has(key)) this.report(`duplicate field "${inner}"`);
      seen.add(key);
      this.value(type, inner, depth + 1);
      if (this.peek() === ",") this.at += 1;
    }
    this.at += 1;
  }

  /** Over the whole text, without any facts. */
  any(): void {
    this.value({ is: "any", go: "interface {}" }, "", 0);
  }

  private value(type: Inside, path: string, depth: number): void {
    const first = this.peek();
    const members = first === "{" ? membersOf(type) : undefined;
    if (members !== undefined) return this.object(members, path, depth);
    const item = first === "[" ? itemOf(type) : undefined;
    if (item !== undefined) return this.list(item, path, depth);
    return this.skip();
  }

  private list(item: FieldType, path: string, depth: number): void {
    this.expect("[");
    for (let index = 0; this.peek() !== "]"; index += 1) {
      this.value(item, `${path}[${index}]`, depth + 1);
      if (this.peek() === ",") this.at += 1;
    }
    this.at += 1;
  }

  /** Over one whole value, however deep. */
  private skip(): void {
    let open = 0;
    do {
      const first = this.peek();
      if (first === "") return;
      if (first === '"') this.at = endOfString(this.text, this.at);
      else if (first === "{" || first === "[") {
        open += 1;
        this.at += 1;
      } else if (first === "}" || first === "]") {
        open -= 1;
        this.at += 1;
      } else if (first === "," || first === ":") this.at += 1;
      else this.scalar();
    } while (open > 0);
  }

  private scalar(): void {
    while (this.at < this.text.length && /[^\s,:\]}]/.test(this.text.charAt(this.at))) this.at += 1;
  }

  private string(): string {
    const from = this.skipSpace();
    this.at = endOfString(this.text, from);
    return String(JSON.parse(this.text.slice(from, this.at)));
  }

  private skipSpace(): number {
    while (isSpace(this.text.charCodeAt(this.at))) this.at += 1;
    return this.at;
  }
  private peek(): string {
    return this.text.charAt(this.skipSpace());
  }
  private expect(character: string): void {
    if (this.peek() !== character) throw new DecodeError(`expected ${character} at offset ${this.at}`);
    this.at += 1;
  }
  private report(problem: string): void {
    if (this.problems.size < maxProblems) this.problems.add(problem);
  }
}
