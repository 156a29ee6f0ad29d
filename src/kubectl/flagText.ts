/**
 * The values of flags out of their texts, and the words with which bad ones are refused: those of Go's strconv, time and encoding/csv.
 * Upstream: github.com/spf13/pflag
 */
import { assertNever } from "../base/assert.ts";
import { goQuote } from "../schema/scalars/goText.ts";
import { goDurationProblem, parseGoDuration } from "./goDuration.ts";
import type { Flag, FlagValue } from "./flags.ts";

export type Parsed = { readonly value: FlagValue } | { readonly problem: string };

/** `previous` is what earlier mentions of the flag gave; undefined at its first. */
export function parseFlagText(flag: Flag, text: string, previous: FlagValue | undefined): Parsed {
  const refused = flag.check?.(text);
  if (refused !== undefined) return { problem: refused };
  switch (flag.kind) {
    case "bool":
      return parseBool(text);
    case "tristate":
    case "string":
      return { value: text };
    case "stringSlice":
    case "stringArray":
      return parseMore(flag.kind, text, previous);
    case "duration": {
      const problem = goDurationProblem(text);
      return problem === undefined ? { value: parseGoDuration(text) ?? 0 } : { problem };
    }
    default:
      return parseNumber(flag.kind, text, previous);
  }
}

function parseMore(kind: "stringSlice" | "stringArray", text: string, previous: FlagValue | undefined): Parsed {
  const parts = kind === "stringArray" ? { fields: [text] } : parseCsvLine(text);
  if ("problem" in parts) return parts;
  return { value: [...(typeof previous === "object" ? previous : []), ...parts.fields] };
}

function parseNumber(
  kind: "int" | "int32" | "int64" | "uint16" | "count" | "float32",
  text: string,
  previous: FlagValue | undefined,
): Parsed {
  switch (kind) {
    case "int32":
      return parseInteger(text, 32);
    case "uint16":
      return parseUnsigned(text, 16);
    case "count":
      return text === "+1" ? { value: Number(previous ?? 0) + 1 } : parseInteger(text, 64);
    case "float32":
      return parseFloat32(text);
    case "int":
    case "int64":
      return parseInteger(text, 64);
    default:
      return assertNever(kind);
  }
}

const trueTexts = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const falseTexts = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** As strconv.ParseBool. */
export function parseBool(text: string): { readonly value: boolean } | { readonly problem: string } {
  if (trueTexts.has(text)) return { value: true };
  if (falseTexts.has(text)) return { value: false };
  return { problem: `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax` };
}

/** As strconv.ParseInt with base 0. */
export function parseInteger(text: string, bits: 32 | 64, base: 0 | 10 = 0): { readonly value: number } | { readonly problem: string } {
  const value = readInteger(text, base);
  if (value === undefined) return { problem: `strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax` };
  const limit = 1n << BigInt(bits - 1);
  if (value >= limit || value < -limit) return { problem: `strconv.ParseInt: parsing ${goQuote(text)}: value out of range` };
  return { value: Number(value) };
}

export function parseUnsigned(text: string, bits: 16 | 32 | 64): { readonly value: number } | { readonly problem: string } {
  const value = /^[+-]/.test(text) ? undefined : readInteger(text, 0);
  if (value === undefined) return { problem: `strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax` };
  if (value >= 1n << BigInt(bits)) return { problem: `strconv.ParseUint: parsing ${goQuote(text)}: value out of range` };
  return { value: Number(value) };
}

function readInteger(text: string, base: 0 | 10): bigint | undefined {
  const forms = base === 10 ? /^([+-]?)(\d+)$/ : /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|0|[1-9][\d_]*)$/;
  const match = forms.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = "0"] = match;
  if (/__|_$/.test(digits) || (digits.includes("_") && base === 10)) return undefined;
  const bare = digits.replaceAll("_", "");
  const octal = base === 0 && /^0[0-7]+$/.test(bare) ? `0o${bare.slice(1)}` : bare;
  const value = BigInt(base === 10 ? String(BigInt(bare)) : octal);
  return sign === "-" ? -value : value;
}

function parseFloat32(text: string): Parsed {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    return { problem: `strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax` };
  }
  return { value: Math.fround(Number(text)) };
}

/** One record of encoding/csv. */
export function parseCsvLine(text: string): { readonly fields: string[] } | { readonly problem: string } {
  if (text === "") return { fields: [] };
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const quoted = quotedField(text, at + 1);
      if ("problem" in quoted) return quoted;
      fields.push(quoted.field);
      at = quoted.end;
    } else {
      const comma = text.indexOf(",", at);
      const field = comma < 0 ? text.slice(at) : text.slice(at, comma);
      const quote = field.indexOf('"');
      if (quote >= 0) return { problem: `parse error on line 1, column ${at + quote + 1}: bare " in non-quoted-field` };
      fields.push(field);
      at = comma < 0 ? text.length : comma;
    }
    if (at >= text.length) return { fields };
    at += 1;
  }
}

function quotedField(text: string, start: number): { readonly field: string; readonly end: number } | { readonly problem: string } {
  let field = "";
  for (let at = start; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { problem: `parse error on line 1, column ${text.length + 1}: extraneous or missing " in quoted-field` };
    field += text.slice(at, quote);
    if (text[quote + 1] === '"') {
      field += '"';
      at = quote + 2;
      continue;
    }
    if (quote + 1 < text.length && text[quote + 1] !== ",") {
      return { problem: `parse error on line 1, column ${quote + 1}: extraneous or missing " in quoted-field` };
    }
    return { field, end: quote + 1 };
  }
}
