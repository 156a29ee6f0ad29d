/** JSON values as Go's fmt prints them: `%v` and `%#v`. Upstream: Go's fmt */
import { goQuote } from "../../schema/scalars/goText.ts";

/** `fmt.Sprint`: maps as `map[a:1 b:2]`, lists as `[a b]`, null as `<nil>`. */
export function goSprint(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return value;
  if (typeof value === "number") return goNumber(value);
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(goSprint).join(" ")}]`;
  const entries = sortedEntries(value as Record<string, unknown>);
  return `map[${entries.map(([key, inner]) => `${key}:${goSprint(inner)}`).join(" ")}]`;
}

/** `%#v`. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number") return goNumber(value);
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  const entries = sortedEntries(value as Record<string, unknown>);
  return `map[string]interface {}{${entries.map(([key, inner]) => `${goQuote(key)}:${goSyntax(inner)}`).join(", ")}}`;
}

/** Integers in full; others in the shortest form, with an exponent beyond Go's limits for %v. */
export function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return String(value);
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const sign = power.startsWith("-") ? "-" : "+";
  return `${mantissa}e${sign}${power.replace(/^[+-]/, "").padStart(2, "0")}`;
}

export function sortedEntries(value: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => compareBytes(a, b));
}

/** The order of Go's strings, which is that of code points. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left === right) continue;
    return rankOf(left) - rankOf(right);
  }
  return a.length - b.length;
}

/** Halves of a pair stand for code points above all others. */
function rankOf(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit < 0xe000 ? codeUnit + 0x10000 : codeUnit;
}
