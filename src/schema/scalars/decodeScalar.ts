/** Reads the scalars that marshal themselves out of JSON values, in canonical form. Error texts are those of Go's unmarshalers. */
import { assertNever } from "../../base/assert.ts";
import { DecodeError } from "../../base/wire/decodeError.ts";
import { goJson, goQuote } from "./goText.ts";
import { parseQuantity, QuantityError } from "./quantity.ts";
import { goDuration, parseGoDuration, parseTime, rfc3339, rfc3339Micro } from "./time.ts";

export type ScalarName = "time" | "microTime" | "duration" | "quantity" | "intOrString" | "bytes";

/** Undefined for what Go takes as the zero value. Throws DecodeError. */
export function scalarOf(value: unknown, name: ScalarName): unknown {
  switch (name) {
    case "time":
      return time(value);
    case "microTime":
      return microTime(value);
    case "duration":
      return duration(value);
    case "quantity":
      return quantity(value);
    case "intOrString":
      return intOrString(value);
    case "bytes":
      return bytes(value);
    default:
      return assertNever(name);
  }
}

const secondsForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const microForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

function time(value: unknown): string {
  const text = textOf(value);
  const ms = parseTime(text);
  if (ms === undefined) throw unreadableTime(text, "2006-01-02T15:04:05Z07:00");
  return secondsForm.test(text) ? text : rfc3339(ms);
}

function microTime(value: unknown): string {
  const text = textOf(value);
  const ms = parseTime(text);
  if (ms === undefined) throw unreadableTime(text, "2006-01-02T15:04:05.000000Z07:00");
  return microForm.test(text) ? text : rfc3339Micro(ms);
}

/** Go names the first part of the layout that didn't fit; this names the first that looks wrong. */
export function unreadableTime(text: string, layout: string): DecodeError {
  const parts: readonly (readonly [RegExp, string])[] = [
    [/^\d{4}/, "2006"],
    [/^-/, "-"],
    [/^\d{2}/, "01"],
    [/^-/, "-"],
    [/^\d{2}/, "02"],
    [/^T/, "T"],
    [/^\d{1,2}/, "15"],
    [/^:/, ":"],
    [/^\d{2}/, "04"],
    [/^:/, ":"],
    [/^\d{2}([.,]\d+)?/, "05"],
    [/^(Z|[+-]\d{2}:\d{2})/, "Z07:00"],
  ];
  let rest = text;
  for (const [form, name] of parts) {
    const match = form.exec(rest);
    if (match === null) {
      return new DecodeError(`parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(rest)} as ${goQuote(name)}`);
    }
    rest = rest.slice(match[0].length);
  }
  const why = rest === "" ? "day out of range" : `extra text: ${goQuote(rest)}`;
  return new DecodeError(`parsing time ${goQuote(text)}: ${why}`);
}

function duration(value: unknown): string {
  const text = textOf(value);
  const ms = parseGoDuration(text);
  if (ms === undefined) throw new DecodeError(`time: invalid duration ${goQuote(text)}`);
  return goDuration(ms);
}

function quantity(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") throw new DecodeError(notAQuantity(value));
  try {
    return parseQuantity(String(value).trim()).toString();
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeError(error.message);
    throw error;
  }
}
const notAQuantity = (value: unknown): string => {
  try {
    return parseQuantity(goJson(value)).toString();
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
};

function intOrString(value: unknown): number | string {
  if (typeof value === "string") return value;
  const isInt = typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31;
  if (isInt) return value;
  throw cannot(value, "int32");
}

function bytes(value: unknown): string {
  if (typeof value !== "string") throw cannot(value, "[]uint8");
  const bad = badBase64At(value);
  if (bad !== undefined) throw new DecodeError(`illegal base64 data at input byte ${bad}`);
  return value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value;
}

/** Where Go's decoder would stop reading standard base64 (new lines are skipped); undefined when it reads to the end. */
function badBase64At(text: string): number | undefined {
  const plain = text.replace(/[\r\n]/g, "");
  if (plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return undefined;
  const wrong = /[^A-Za-z0-9+/\r\n]/.exec(text);
  if (wrong === null) return text.length - (plain.length % 4);
  return wrong.index;
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw cannot(value, "string");
}

function cannot(value: unknown, go: string): DecodeError {
  const what = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const shown = what === "number" && go === "int32" ? `number ${String(value)}` : what;
  return new DecodeError(`json: cannot unmarshal ${shown} into Go value of type ${go}`);
}
