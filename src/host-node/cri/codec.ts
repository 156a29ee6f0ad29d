/**
 * Protobuf messages as tables of facts: name, number and type of each field, and a codec that reads the tables. proto3: what is absent decodes to its
 * zero value, and zero values aren't written. Left out: floats, groups, oneof, enums by name.
 */
import { WireReader } from "../../base/wire/reader.ts";
import { WireWriter } from "../../base/wire/writer.ts";

type Scalar = "text" | "int" | "bool" | "bytes";
/** `texts`: a map from text to text. */
type FieldType = Scalar | "texts" | Message<object>;

interface Field {
  readonly number: number;
  readonly type: FieldType;
  readonly repeated: boolean;
}

/** `T` names the fields; decoding gives it whole. */
export interface Message<T extends object> {
  readonly fields: Readonly<Record<string, Field>>;
  /** Never there: keeps apart messages with different shapes. */
  readonly shape?: T;
}

type Row = readonly [number, FieldType] | readonly [number, FieldType, "repeated"];

/** One row for each field of `T`. */
export function message<T extends object>(rows: { readonly [K in keyof Required<T>]: Row }): Message<T> {
  const fields: Record<string, Field> = {};
  for (const [name, [number, type, repeated]] of Object.entries<Row>(rows))
    fields[name] = { number, type, repeated: repeated !== undefined };
  return { fields };
}

/** What may be said of a message when it is written: any part of it. */
export type Draft<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer E)[]
    ? readonly Draft<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
      : T;

type Value = string | number | boolean | Uint8Array | Readonly<Record<string, string>> | object | undefined;

export function encode<T extends object>(type: Message<T>, value: Draft<T>): Uint8Array {
  const writer = new WireWriter();
  write(writer, type, value as Readonly<Record<string, Value>>);
  return writer.finish();
}

/** The writer goes from back to front, so fields and elements are taken last to first. */
function write(writer: WireWriter, { fields }: Message<object>, value: Readonly<Record<string, Value>>): void {
  for (const [name, field] of Object.entries(fields).toReversed()) {
    const found = value[name];
    if (found === undefined) continue;
    if (field.repeated) for (const element of (found as readonly Value[]).toReversed()) writeOne(writer, field, element, true);
    else writeOne(writer, field, found, false);
  }
}

function writeOne(writer: WireWriter, { number, type }: Field, value: Value, always: boolean): void {
  switch (type) {
    case "text":
      if (always || value !== "") writer.text(number, value as string);
      return;
    case "bytes":
      if (always || (value as Uint8Array).length > 0) writer.delimited(number, value as Uint8Array);
      return;
    case "int":
    case "bool":
      if (!always && Number(value) === 0) return;
      writer.varint(Number(value));
      writer.tag(number, 0);
      return;
    case "texts":
      for (const [key, text] of Object.entries(value as Record<string, string>).toReversed())
        writer.message(number, () => {
          writer.text(2, text);
          writer.text(1, key);
        });
      return;
    default:
      writer.message(number, () => write(writer, type, value as Readonly<Record<string, Value>>));
  }
}

/** Throws DecodeError. */
export function decode<T extends object>(type: Message<T>, bytes: Uint8Array): T {
  return read(new WireReader(bytes), type) as T;
}

function read(reader: WireReader, { fields }: Message<object>): object {
  const out: Record<string, Value> = {};
  const byNumber = new Map<number, readonly [string, Field]>();
  for (const [name, field] of Object.entries(fields)) {
    byNumber.set(field.number, [name, field]);
    out[name] = zeroOf(field);
  }
  while (!reader.done) {
    const tag = reader.tag("message");
    const [name, field] = byNumber.get(Math.floor(tag / 8)) ?? [];
    if (name === undefined || field === undefined) reader.skip(tag % 8);
    else if (field.repeated && field.type === "int" && tag % 8 === 2) readPacked(reader.message(), out[name] as number[]);
    else if (field.repeated) (out[name] as Value[]).push(readOne(reader, field.type));
    else if (field.type === "texts") readEntry(reader.message(), out[name] as Record<string, string>);
    else out[name] = readOne(reader, field.type);
  }
  return out;
}

function zeroOf({ type, repeated }: Field): Value {
  if (repeated) return [];
  switch (type) {
    case "text":
      return "";
    case "int":
      return 0;
    case "bool":
      return false;
    case "bytes":
      return new Uint8Array();
    case "texts":
      return {};
    default:
      return undefined;
  }
}

function readOne(reader: WireReader, type: FieldType): Value {
  switch (type) {
    case "text":
      return reader.text();
    case "int":
      return reader.varint();
    case "bool":
      return reader.varint() !== 0;
    case "bytes":
      return reader.view().slice();
    case "texts":
      return undefined;
    default:
      return read(reader.message(), type);
  }
}

function readPacked(reader: WireReader, into: number[]): void {
  while (!reader.done) into.push(reader.varint());
}

function readEntry(reader: WireReader, into: Record<string, string>): void {
  let key = "";
  let text = "";
  while (!reader.done) {
    const tag = reader.tag("map entry");
    if (tag === 10) key = reader.text();
    else if (tag === 18) text = reader.text();
    else reader.skip(tag % 8);
  }
  into[key] = text;
}
