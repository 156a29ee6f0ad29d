/** Go's Printf for JSON values. Left out: explicit argument indexes. Upstream: Go's fmt */
import { goQuote } from "../../../schema/scalars/goText.ts";
import { goSprint, goSyntax } from "../goValue.ts";

/** A number, `*` for one of the arguments, or nothing. */
type Star = string | undefined;

const verbForm = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+))?([a-zA-Z%])/g;

export function goPrintf(format: string, args: readonly unknown[]): string {
  let used = 0;
  const next = (): unknown => args[used++];
  const text = format.replace(verbForm, (...[, flags, width, precision, verb]: readonly [string, string, Star, Star, string]) => {
    if (verb === "%") return "%";
    const columns = width === "*" ? Number(next()) : Number(width ?? 0);
    const digits = precision === "*" ? Number(next()) : precision === undefined ? undefined : Number(precision);
    if (used >= args.length) return `%!${verb}(MISSING)`;
    return pad(one(verb, next(), { flags, digits }), columns, flags, verb);
  });
  if (used >= args.length) return text;
  const extra = args.slice(used).map((arg) => `${typeName(arg)}=${goSprint(arg)}`);
  return `${text}%!(EXTRA ${extra.join(", ")})`;
}

interface Style {
  readonly flags: string;
  readonly digits: number | undefined;
}

type Formatter = (verb: string, value: unknown, style: Style) => string;

const formatters: Readonly<Record<string, Formatter>> = {
  v: (_, value, { flags }) => (flags.includes("#") ? goSyntax(value) : goSprint(value)),
  s: (verb, value, { digits }) =>
    typeof value === "string" || typeof value === "object" ? cut(goSprint(value), digits) : wrong(verb, value),
  q: (verb, value, { digits }) => (typeof value === "string" ? goQuote(cut(value, digits)) : wrong(verb, value)),
  t: (verb, value) => (typeof value === "boolean" ? String(value) : wrong(verb, value)),
  T: (_, value) => typeName(value),
  x: hex,
  X: hex,
  d: integer,
  b: integer,
  o: integer,
  c: integer,
  f: float,
  F: float,
  e: float,
  g: float,
};

function one(verb: string, value: unknown, style: Style): string {
  return (formatters[verb] ?? wrong)(verb, value, style);
}

function integer(verb: string, value: unknown, { flags }: Style): string {
  if (typeof value !== "number" || !Number.isInteger(value)) return wrong(verb, value);
  if (verb === "c") return String.fromCodePoint(value);
  const text = value.toString(verb === "b" ? 2 : verb === "o" ? 8 : 10);
  return flags.includes("+") && value >= 0 ? `+${text}` : text;
}

function float(verb: string, value: unknown, { digits }: Style): string {
  if (typeof value !== "number") return wrong(verb, value);
  if (verb === "g") return digits === undefined ? String(value) : String(Number(value.toPrecision(digits)));
  if (verb === "e") return value.toExponential(digits ?? 6).replace(/e([+-])(\d)$/, "e$10$2");
  return value.toFixed(digits ?? 6);
}

function hex(verb: string, value: unknown): string {
  let text: string;
  if (typeof value === "number" && Number.isInteger(value)) text = value.toString(16);
  else if (typeof value === "string")
    text = [...new TextEncoder().encode(value)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  else return wrong(verb, value);
  return verb === "X" ? text.toUpperCase() : text;
}

const cut = (text: string, digits: number | undefined): string =>
  digits === undefined ? text : Array.from(text).slice(0, digits).join("");

function wrong(verb: string, value: unknown): string {
  return value === null || value === undefined ? `%!${verb}(<nil>)` : `%!${verb}(${typeName(value)}=${goSprint(value)})`;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

function pad(text: string, columns: number, flags: string, verb: string): string {
  const missing = Math.abs(columns) - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes("-") || columns < 0) return text + " ".repeat(missing);
  if (!flags.includes("0") || "sqvtT".includes(verb)) return " ".repeat(missing) + text;
  return text.startsWith("-") ? `-${"0".repeat(missing)}${text.slice(1)}` : "0".repeat(missing) + text;
}
