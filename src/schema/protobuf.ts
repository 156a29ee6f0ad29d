/**
 * Decodes `application/vnd.kubernetes.protobuf`: the magic, an envelope that names the kind, and the object, by the field numbers in the
 * facts. Truncated or hostile bytes throw DecodeError. Neighbour: protobufEncode.ts.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf/protobuf.go
 */
import { conform } from "./conform.ts";
import { DecodeError } from "../base/wire/decodeError.ts";
import { type Field, type FieldType, type Struct, structNamed } from "./structs.ts";
import { WireReader } from "../base/wire/reader.ts";
import { readBytes, readScalar } from "./wire/scalars.ts";

type Json = Record<string, unknown>;

export const protobufMagic: Uint8Array = new Uint8Array([0x6b, 0x38, 0x73, 0x00]);
const text = new TextDecoder();
/** Objects inside raw fields of objects. */
const maxRawDepth = 8;

export function isProtobuf(body: Uint8Array): boolean {
  return body.length >= protobufMagic.length && protobufMagic.every((byte, i) => body[i] === byte);
}

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object as canonical JSON value. Throws DecodeError. */
  decode(struct: Struct): Json;
}

/** Reads the envelope; the object is decoded when its struct is known. Throws DecodeError. */
export function decodeProtobuf(body: Uint8Array): Envelope {
  return envelopeOf(body, 0);
}

function envelopeOf(body: Uint8Array, rawDepth: number): Envelope {
  if (!isProtobuf(body)) throw new DecodeError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  if (body.length === protobufMagic.length) throw new DecodeError("empty body");
  if (rawDepth > maxRawDepth) throw new DecodeError("exceeded max depth");
  const reader = new WireReader(body, protobufMagic.length);
  let typeMeta = { apiVersion: "", kind: "" };
  let raw = new Uint8Array(0);
  while (!reader.done) {
    const tag = reader.tag("Unknown");
    if (tag === 10) typeMeta = typeMetaOf(reader.message());
    else if (tag === 18) raw = new Uint8Array(reader.view());
    else reader.skip(tag % 8);
  }
  return {
    ...typeMeta,
    decode: (struct) => {
      const out: Json = {};
      new Decoder(rawDepth).fields(new WireReader(raw), struct, out);
      return conform(out, struct).object;
    },
  };
}

function typeMetaOf(reader: WireReader): { apiVersion: string; kind: string } {
  const found = { apiVersion: "", kind: "" };
  while (!reader.done) {
    const tag = reader.tag("TypeMeta");
    if (tag === 10) found.apiVersion = reader.text();
    else if (tag === 18) found.kind = reader.text();
    else reader.skip(tag % 8);
  }
  return found;
}

const tables = new WeakMap<Struct, readonly (Field | undefined)[]>();

/** Fields by protobuf number. */
function tableOf(struct: Struct): readonly (Field | undefined)[] {
  const known = tables.get(struct);
  if (known !== undefined) return known;
  const table: (Field | undefined)[] = [];
  for (const field of struct.declared) if (field.number > 0) table[field.number] = field;
  tables.set(struct, table);
  return table;
}

class Decoder {
  private readonly rawDepth: number;
  constructor(rawDepth: number) {
    this.rawDepth = rawDepth;
  }

  /** Reads a message's fields into `out`, which inlined messages share. */
  fields(reader: WireReader, struct: Struct, out: Json): void {
    const table = tableOf(struct);
    while (!reader.done) {
      const tag = reader.tag(struct.name);
      const field = table[Math.floor(tag / 8)];
      if (field === undefined) reader.skip(tag % 8);
      else if (field.json === "" && field.type.is === "struct") this.fields(expectMessage(reader, tag, field), field.type.struct, out);
      else this.field(reader, tag, field, out);
    }
  }

  private field(reader: WireReader, tag: number, field: Field, out: Json): void {
    const { type } = field;
    if (type.is === "list" && !type.message) {
      const list = listIn(out, field.json);
      if (tag % 8 === 2 && isVarint(type.item)) {
        for (const packed = reader.message(); !packed.done;) list.push(this.value(packed, unpackedTag, type.item, field));
      } else list.push(this.value(reader, tag, type.item, field));
      return;
    }
    if (type.is === "map") return this.entry(expectMessage(reader, tag, field), type.value, field, recordIn(out, field.json));
    if (type.is === "struct") return this.fields(expectMessage(reader, tag, field), type.struct, recordIn(out, field.json));
    const value = this.value(reader, tag, type, field);
    if (value !== undefined) out[field.json] = value;
  }

  private entry(reader: WireReader, type: FieldType, field: Field, map: Json): void {
    let key = "";
    let value: unknown = null;
    while (!reader.done) {
      const tag = reader.tag(field.json);
      if (tag === 10) key = reader.text();
      else if (Math.floor(tag / 8) === 2) value = this.value(reader, tag, type, field);
      else reader.skip(tag % 8);
    }
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
  }

  private value(reader: WireReader, tag: number, type: FieldType, field: Field): unknown {
    switch (type.is) {
      case "string":
        expectType(tag, 2, field);
        return reader.text();
      case "bytes":
        expectType(tag, 2, field);
        return readBytes(reader);
      case "bool":
        expectType(tag, 0, field);
        return reader.varint() !== 0;
      case "int":
        expectType(tag, 0, field);
        return type.bits === 32 ? reader.varint() | 0 : reader.varint();
      case "float":
        expectType(tag, 1, field);
        return reader.double();
      default:
        return this.message(expectMessage(reader, tag, field), type);
    }
  }

  private message(reader: WireReader, type: FieldType): unknown {
    switch (type.is) {
      case "struct": {
        const out: Json = {};
        this.fields(reader, type.struct, out);
        return out;
      }
      case "list":
        return this.items(reader, type.item);
      case "raw":
      case "fieldsV1":
        return this.raw(rawBytes(reader));
      case "time":
      case "microTime":
      case "duration":
      case "quantity":
      case "intOrString":
        return readScalar(reader, type.is);
      default:
        throw new DecodeError(`proto: ${type.go} has no protobuf form`);
    }
  }

  /** A named list: a message with the items as its field 1. */
  private items(reader: WireReader, item: FieldType): unknown[] {
    const list: unknown[] = [];
    while (!reader.done) {
      const tag = reader.tag("items");
      if (tag === 10 && item.is === "string") list.push(reader.text());
      else reader.skip(tag % 8);
    }
    return list;
  }

  private raw(bytes: Uint8Array): unknown {
    if (bytes.length === 0) return undefined;
    if (isProtobuf(bytes)) return this.nested(bytes);
    try {
      return JSON.parse(text.decode(bytes));
    } catch {
      throw new DecodeError("raw data is neither JSON nor protobuf");
    }
  }

  private nested(bytes: Uint8Array): Json {
    const envelope = envelopeOf(bytes, this.rawDepth + 1);
    const slash = envelope.apiVersion.indexOf("/");
    const family = slash < 0 ? "core" : (envelope.apiVersion.slice(0, slash).split(".")[0] ?? "");
    const struct = structNamed(`${family}/${envelope.apiVersion.slice(slash + 1)}.${envelope.kind}`);
    if (struct === undefined) throw new DecodeError(`no kind "${envelope.kind}" is registered for version "${envelope.apiVersion}"`);
    return { ...envelope.decode(struct), kind: envelope.kind, apiVersion: envelope.apiVersion };
  }
}

/** The tag that the items of a packed list would have, were they not packed. */
const unpackedTag = 0;

const isVarint = (type: FieldType): boolean => type.is === "int" || type.is === "bool";

function rawBytes(reader: WireReader): Uint8Array {
  let bytes = new Uint8Array(0);
  while (!reader.done) {
    const tag = reader.tag("Raw");
    if (tag === 10) bytes = new Uint8Array(reader.view());
    else reader.skip(tag % 8);
  }
  return bytes;
}

function expectType(tag: number, type: number, field: Field): void {
  if (tag % 8 !== type) throw wrongWireType(tag, field);
}
function expectMessage(reader: WireReader, tag: number, field: Field): WireReader {
  if (tag % 8 !== 2) throw wrongWireType(tag, field);
  return reader.message();
}
function wrongWireType(tag: number, field: Field): DecodeError {
  return new DecodeError(`proto: wrong wireType = ${tag % 8} for field ${field.json.charAt(0).toUpperCase()}${field.json.slice(1)}`);
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function listIn(out: Json, name: string): unknown[] {
  const former = out[name];
  if (Array.isArray(former)) return former;
  const list: unknown[] = [];
  out[name] = list;
  return list;
}
function recordIn(out: Json, name: string): Json {
  const former = out[name];
  if (isRecord(former)) return former;
  const record: Json = {};
  out[name] = record;
  return record;
}
