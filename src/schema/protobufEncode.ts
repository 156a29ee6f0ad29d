/**
 * Encodes an object in JSON form as `application/vnd.kubernetes.protobuf`. Zero values of fields that aren't pointers are left out, which
 * every decoder reads back as zero. Neighbour: protobuf.ts.
 */
import { AssertionError } from "../base/assert.ts";
import { protobufMagic } from "./protobuf.ts";
import type { Field, FieldType, Struct } from "./structs.ts";
import { bytesOf, writeNumber, writeScalar } from "./wire/scalars.ts";
import { WireWriter } from "../base/wire/writer.ts";

type Json = Readonly<Record<string, unknown>>;
const utf8 = new TextEncoder();

/** The object's own `apiVersion` and `kind` go into the envelope. */
export function encodeProtobuf(object: Json, struct: Struct): Uint8Array {
  const writer = new WireWriter();
  writer.text(4, "");
  writer.text(3, "");
  writer.message(2, () => writeFields(writer, object, struct));
  writer.message(1, () => {
    writer.text(2, textOf(object["kind"]));
    writer.text(1, textOf(object["apiVersion"]));
  });
  writer.raw(protobufMagic);
  return writer.finish();
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function writeFields(writer: WireWriter, object: Json, struct: Struct): void {
  const fields = struct.declared;
  for (let i = fields.length - 1; i >= 0; i -= 1) {
    const field = fields[i];
    if (field === undefined || field.number === 0) continue;
    if (field.json === "" && field.type.is === "struct") {
      const inner = field.type.struct;
      writer.message(field.number, () => writeFields(writer, object, inner));
      continue;
    }
    const value = object[field.json];
    if (value !== undefined && value !== null) writeField(writer, field, value);
  }
}

function writeField(writer: WireWriter, field: Field, value: unknown): void {
  const { type, number } = field;
  if (type.is === "list" && !type.message) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    for (const item of items.toReversed()) writeValue(writer, number, type.item, item);
  } else if (type.is === "map" && typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value).toReversed()) {
      writer.message(number, () => {
        writeValue(writer, 2, type.value, item);
        writer.text(1, key);
      });
    }
  } else if (field.pointer || !isZero(value)) writeValue(writer, number, type, value);
}

const isZero = (value: unknown): boolean => value === "" || value === 0 || value === false;

function writeValue(writer: WireWriter, number: number, type: FieldType, value: unknown): void {
  switch (type.is) {
    case "string":
      return writer.text(number, textOf(value));
    case "bytes":
      return writer.delimited(number, bytesOf(textOf(value)));
    case "bool":
      return writeNumber(writer, number, value === true ? 1 : 0);
    case "int":
      return writeNumber(writer, number, Number(value));
    case "float":
      writer.double(Number(value));
      return writer.tag(number, 1);
    default:
      return writer.message(number, () => writeMessage(writer, type, value));
  }
}

function writeMessage(writer: WireWriter, type: FieldType, value: unknown): void {
  switch (type.is) {
    case "struct":
      return writeFields(writer, isRecord(value) ? value : {}, type.struct);
    case "list": {
      const items: readonly unknown[] = Array.isArray(value) ? value : [];
      for (const item of items.toReversed()) writeValue(writer, 1, type.item, item);
      return;
    }
    case "raw":
    case "fieldsV1":
      return writer.delimited(1, utf8.encode(JSON.stringify(value)));
    case "time":
    case "microTime":
    case "duration":
    case "quantity":
    case "intOrString":
      return writeScalar(writer, value, type.is);
    default:
      throw new AssertionError(`${type.go} has no protobuf form`);
  }
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
