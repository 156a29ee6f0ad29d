/** The messages of the scalars that marshal themselves (Time, Quantity, IntOrString and their like), between wire and JSON form. */
import { assertNever } from "../../base/assert.ts";
import { fromBase64, toBase64 } from "../scalars/base64.ts";
import { goDuration, parseGoDuration, parseTime, rfc3339, rfc3339Micro } from "../scalars/time.ts";
import type { WireReader } from "../../base/wire/reader.ts";
import type { WireWriter } from "../../base/wire/writer.ts";

export type ScalarMessage = "time" | "microTime" | "duration" | "quantity" | "intOrString";

/** Go's zero time, which some encoders write out. */
const zeroTimeSeconds = -62135596800;

interface Parts {
  readonly first: number;
  readonly second: number;
  readonly text: string;
}

/** All of these have at most two numbers and one text: field 1 (a text for quantities), 2, and 3. */
function partsOf(reader: WireReader, name: string): Parts {
  let first = 0;
  let second = 0;
  let text = "";
  while (!reader.done) {
    const tag = reader.tag(name);
    if (tag === 8) first = reader.varint();
    else if (tag === 16) second = reader.varint();
    else if (tag === 10 || tag === 26) text = reader.text();
    else reader.skip(tag % 8);
  }
  return { first, second, text };
}

/** Undefined for the zero time. */
export function readScalar(reader: WireReader, is: ScalarMessage): unknown {
  const empty = reader.done;
  const { first, second, text } = partsOf(reader, is);
  switch (is) {
    case "time":
    case "microTime": {
      if (empty || first === zeroTimeSeconds) return undefined;
      return is === "time" ? timeText(first * 1000, rfc3339) : timeText(first * 1000 + second / 1e6, rfc3339Micro);
    }
    case "duration":
      return goDuration(first / 1e6);
    case "quantity":
      return text === "" ? "0" : text;
    case "intOrString":
      return first === 1 ? text : second;
    default:
      return assertNever(is);
  }
}

/** Milliseconds of the years that RFC 3339 can write. */
const [firstMs, lastMs] = [Date.UTC(0, 0, 1) - 60_000_000_000_000, Date.UTC(9999, 11, 31, 23, 59, 59)];
function timeText(ms: number, format: (ms: number) => string): string | undefined {
  return ms >= firstMs && ms <= lastMs ? format(ms) : undefined;
}

/** The fields of one, last to first. */
export function writeScalar(writer: WireWriter, value: unknown, is: ScalarMessage): void {
  switch (is) {
    case "time":
    case "microTime": {
      const ms = parseTime(String(value)) ?? 0;
      const seconds = Math.floor(ms / 1000);
      const nanos = is === "time" ? 0 : Math.round((ms - seconds * 1000) * 1e3) * 1e3;
      if (nanos !== 0) writeNumber(writer, 2, nanos);
      return writeNumber(writer, 1, seconds);
    }
    case "duration":
      return writeNumber(writer, 1, Math.round((parseGoDuration(String(value)) ?? 0) * 1e6));
    case "quantity":
      return writer.text(1, String(value));
    case "intOrString":
      if (typeof value === "number") return writeNumber(writer, 2, value);
      writer.text(3, String(value));
      return writeNumber(writer, 1, 1);
    default:
      return assertNever(is);
  }
}

export function writeNumber(writer: WireWriter, number: number, value: number): void {
  writer.varint(value);
  writer.tag(number, 0);
}

export function readBytes(reader: WireReader): string {
  return toBase64(reader.view());
}
export function bytesOf(text: string): Uint8Array {
  return fromBase64(text) ?? new Uint8Array(0);
}
