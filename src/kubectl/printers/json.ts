/** JSON as kubectl prints it: four spaces, keys in order, and Go's escapes. Upstream: Go's encoding/json */
import { assert } from "../../base/assert.ts";
import { compareBytes } from "./goValue.ts";

export interface JsonStyle {
  /** Keys in the order of the alphabet (Go's maps); else in the order of the object (Go's structs). Default true. */
  readonly sorted?: boolean;
  /** Default four spaces; empty: all on one line. */
  readonly indent?: string;
}

/** Without a line break at the end. */
export function jsonText(value: unknown, style: JsonStyle = {}): string {
  return write(value, "", { sorted: style.sorted ?? true, indent: style.indent ?? "    " });
}

function write(value: unknown, outer: string, style: Required<JsonStyle>): string {
  if (typeof value === "string") return goString(value);
  if (value === null || value === undefined) return "null";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  assert(typeof value === "object", "JSON has no other values");
  const inner = outer + style.indent;
  const [open, between, close] = style.indent === "" ? ["", ",", ""] : [`\n${inner}`, `,\n${inner}`, `\n${outer}`];
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[${open}${value.map((item) => write(item, inner, style)).join(between)}${close}]`;
  }
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  if (entries.length === 0) return "{}";
  if (style.sorted) entries.sort(([a], [b]) => compareBytes(a, b));
  const colon = style.indent === "" ? ":" : ": ";
  return `{${open}${entries.map(([key, field]) => `${goString(key)}${colon}${write(field, inner, style)}`).join(between)}${close}}`;
}

/** Go's json escapes what could end a script element, too. */
export function goString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029\u007f]/g, (c) =>
    c === "\u007f" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
