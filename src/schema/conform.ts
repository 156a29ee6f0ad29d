/**
 * Makes any JSON value into what Go would print after decoding it into a struct: fields in Go's order, unknown ones dropped, empty
 * ones that Go omits left out, structs that Go always prints filled in, quantities and times in canonical form, maps in order.
 * Where Go prints null for a nil list or map without omitempty, this gives [] or {}: the shapes promise one. Nil times stay absent.
 * Upstream: encoding/json as forked in sigs.k8s.io/json, whose error texts these are.
 */
import { DecodeError, refuseDepth } from "../base/wire/decodeError.ts";
import { scalarOf } from "./scalars/decodeScalar.ts";
import type { FieldType, Struct } from "./structs.ts";
import { complete, completed, omitted, zeroOf } from "./zero.ts";

type Json = Record<string, unknown>;

export interface Conformed {
  readonly object: Json;
  /** Whether fields were dropped because the struct has none of that name. */
  readonly hasUnknown: boolean;
  /** Keys met in known places and below opaque ones; less than the text's when keys were given twice. */
  readonly keys: number;
}

/** Throws DecodeError for a value of the wrong type. */
export function conform(value: unknown, struct: Struct): Conformed {
  const walk = new Walk();
  const object = walk.struct(value, struct, `v1.${struct.name}`);
  return { object, hasUnknown: walk.hasUnknown, keys: walk.keys };
}

class Walk {
  hasUnknown = false;
  keys = 0;
  /** Where the walk is, for messages: JSON names of fields, without indices and map keys. */
  private readonly path: string[] = [];
  private owner = "";

  struct(value: unknown, struct: Struct, go: string): Json {
    const out: Json = {};
    if (value === null || value === undefined) return completed(out, struct);
    if (!isRecord(value)) throw this.wrongType(value, go);
    const owner = this.owner;
    let met = 0;
    for (const field of struct.fields.values()) {
      const given = value[field.json];
      if (given === undefined) {
        complete(out, field);
        continue;
      }
      met += 1;
      this.owner = struct.name;
      this.path.push(field.json);
      const decoded = given === null ? undefined : this.value(given, field.type);
      this.path.pop();
      if (decoded === undefined || omitted(decoded, field)) complete(out, field);
      else out[field.json] = decoded;
    }
    this.owner = owner;
    const given = countOwn(value);
    this.keys += met;
    if (given > met) this.unknown(value, struct);
    return out;
  }

  private unknown(value: Json, struct: Struct): void {
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined || struct.fields.has(key)) continue;
      refuseDepth(inner);
      this.hasUnknown = true;
      this.keys += 1 + this.opaqueKeys(inner);
    }
  }

  private value(value: unknown, type: FieldType): unknown {
    switch (type.is) {
      case "struct":
        return this.struct(value, type.struct, type.go);
      case "list":
        return this.list(value, type);
      case "map":
        return this.map(value, type);
      case "any":
      case "raw":
      case "fieldsV1":
        refuseDepth(value);
        this.keys += this.opaqueKeys(value);
        return value;
      case "string":
        return typeof value === "string" ? value : this.refuse(value, type);
      case "bool":
        return typeof value === "boolean" ? value : this.refuse(value, type);
      case "float":
        return typeof value === "number" ? value : this.refuse(value, type);
      case "int":
        return this.number(value, type);
      default:
        return scalarOf(value, type.is);
    }
  }

  private list(value: unknown, type: FieldType & { is: "list" }): unknown[] {
    if (!Array.isArray(value)) throw this.wrongType(value, type.go);
    return value.map((item) => (item === null ? zeroOf(type.item) : this.value(item, type.item)));
  }

  private map(value: unknown, type: FieldType & { is: "map" }): Json {
    if (!isRecord(value)) throw this.wrongType(value, type.go);
    const out: Json = {};
    for (const key of Object.keys(value).sort()) {
      this.keys += 1;
      const inner = value[key];
      const decoded = inner === null ? zeroOf(type.value) : this.value(inner, type.value);
      if (key === "__proto__") Object.defineProperty(out, key, { value: decoded, enumerable: true, writable: true, configurable: true });
      else out[key] = decoded;
    }
    return out;
  }

  private number(value: unknown, type: FieldType & { is: "int" }): number {
    if (typeof value !== "number") throw this.wrongType(value, type.go);
    const limit = type.bits === 32 ? 2 ** 31 : 2 ** 63;
    if (!Number.isInteger(value) || value >= limit || value < -limit) throw this.wrongType(value, type.go, `number ${value}`);
    return value;
  }

  private refuse(value: unknown, type: FieldType): never {
    throw this.wrongType(value, type.go);
  }

  private wrongType(value: unknown, go: string, what: string = jsonTypeOf(value)): DecodeError {
    const where = this.path.length === 0 ? "value" : `struct field ${this.owner}.${this.path.join(".")}`;
    return new DecodeError(`json: cannot unmarshal ${what} into Go ${where} of type ${go}`);
  }

  private opaqueKeys(value: unknown): number {
    if (typeof value !== "object" || value === null) return 0;
    const inner = Object.values(value);
    return (Array.isArray(value) ? 0 : inner.length) + inner.reduce<number>((sum, v) => sum + this.opaqueKeys(v), 0);
  }
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function countOwn(value: Json): number {
  return Object.keys(value).length;
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}
