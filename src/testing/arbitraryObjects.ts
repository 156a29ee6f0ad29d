/** For property tests: random JSON objects that fit a struct, from the facts alone. */
import * as fc from "fast-check";
import type { Field, FieldType, Struct } from "../schema/structs.ts";

type Json = Record<string, unknown>;
const maxDepth = 4;

/** A random object of the struct: a few of its fields, nested at most a few levels. */
export function anObject(struct: Struct, depth = 0): fc.Arbitrary<Json> {
  const fields = numbered(struct);
  return fc
    .subarray(fields, { maxLength: Math.min(fields.length, depth === 0 ? 8 : 4) })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((f) => [f.json, aValue(f, depth + 1)]))));
}

/** Without apiVersion and kind, which an envelope carries. */
function numbered(struct: Struct): Field[] {
  const own = struct.declared.filter((field) => field.number > 0);
  return own.flatMap((field) => (field.json === "" && field.type.is === "struct" ? numbered(field.type.struct) : [field]));
}

function aValue(field: Field, depth: number): fc.Arbitrary<unknown> {
  return field.enum === undefined || field.type.is !== "string" ? ofType(field.type, depth) : fc.constantFrom(...field.enum);
}

const aTime = fc.integer({ min: 0, max: 4_000_000_000 }).map((s) => `${new Date(s * 1000).toISOString().slice(0, 19)}Z`);
const aName = fc.constantFrom("a", "b", "web", "x-1", "naïve", "__proto__x");

type Leaf = Exclude<FieldType["is"], "list" | "map" | "struct" | "int">;
const leaves: Readonly<Record<Leaf, fc.Arbitrary<unknown>>> = {
  string: fc.oneof(aName, fc.string({ maxLength: 60 })),
  bool: fc.boolean(),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
  bytes: fc.constantFrom("", "Yg==", "aGVsbG8=", "AP8="),
  time: aTime,
  microTime: fc
    .tuple(aTime, fc.integer({ min: 0, max: 999_999 }))
    .map(([t, micros]) => t.replace("Z", `.${String(micros).padStart(6, "0")}Z`)),
  duration: fc.constantFrom("1s", "1m30s", "100ms", "2h0m0s"),
  quantity: fc.constantFrom("1", "100m", "64Mi", "1.5Gi", "2e3", "0.5", "12k"),
  intOrString: fc.oneof(fc.integer({ min: 0, max: 65535 }), fc.constantFrom("http", "25%")),
  raw: fc.dictionary(fc.constantFrom("a", "k", "x"), fc.oneof(fc.string(), fc.integer(), fc.constant({})), { maxKeys: 3 }),
  fieldsV1: fc.dictionary(fc.constantFrom("f:a", "f:k", "f:x"), fc.constant({}), { maxKeys: 3 }),
  any: fc.oneof(fc.string(), fc.integer()),
};

function ofType(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  const deep = depth > maxDepth;
  switch (type.is) {
    case "int":
      return type.bits === 32 ? fc.integer() : fc.maxSafeInteger();
    case "list":
      return deep ? fc.constant([]) : fc.array(ofType(type.item, depth + 1), { maxLength: 3 });
    case "map":
      return deep
        ? fc.constant({})
        : fc.dictionary(fc.oneof(aName, fc.string({ maxLength: 8 })), ofType(type.value, depth + 1), { maxKeys: 3 });
    case "struct":
      return deep ? fc.constant({}) : anObject(type.struct, depth + 1);
    default:
      return leaves[type.is];
  }
}
