/**
 * How values merge under server-side apply: every place in an object is a scalar, a map or a list, and maps and lists are atomic or not.
 * Made of the facts. What has no schema (raw JSON) is one atomic value.
 * Upstream: sigs.k8s.io/structured-merge-diff/schema/elements.go
 */
import type { Field, FieldType, Struct } from "../../schema/structs.ts";
import { isObject } from "../patch/jsonValue.ts";
import { keyElement, type PathElement, valueElement } from "./pathElement.ts";

export type Place =
  | { readonly is: "scalar"; readonly type: FieldType }
  | { readonly is: "map"; readonly atomic: boolean; field(name: string): Place | undefined; readonly named: boolean }
  | { readonly is: "list"; readonly atomic: true }
  | { readonly is: "list"; readonly atomic: false; readonly item: Place; element(item: unknown): PathElement | undefined };

const structs = new WeakMap<Struct, Place>();

/** A struct: a map whose fields are known by name. */
export function structPlace(struct: Struct): Place {
  const known = structs.get(struct);
  if (known !== undefined) return known;
  const fields = new Map<string, Place>();
  const made: Place = {
    is: "map",
    atomic: struct.atomic,
    named: true,
    field(name) {
      const field = struct.fields.get(name);
      if (field === undefined) return undefined;
      const place = fields.get(name) ?? fieldPlace(field);
      fields.set(name, place);
      return place;
    },
  };
  structs.set(struct, made);
  return made;
}

function fieldPlace(field: Field): Place {
  const { type } = field;
  if (type.is === "list") return listPlace(field, type.item);
  if (type.is === "map") return { is: "map", atomic: field.atomicMap, named: false, field: () => typePlace(type.value) };
  return typePlace(type);
}

function typePlace(type: FieldType): Place {
  switch (type.is) {
    case "struct":
      return structPlace(type.struct);
    case "list":
      return { is: "list", atomic: true };
    case "map":
      return { is: "map", atomic: false, named: false, field: () => typePlace(type.value) };
    case "raw":
    case "fieldsV1":
    case "any":
      return { is: "map", atomic: true, named: false, field: () => undefined };
    default:
      return { is: "scalar", type };
  }
}

function listPlace(field: Field, type: FieldType): Place {
  const item = typePlace(type);
  if (field.list === "set")
    return { is: "list", atomic: false, item, element: (value) => (isScalar(value) ? valueElement(value) : undefined) };
  if (field.list === "atomic") return { is: "list", atomic: true };
  const defaults = keyDefaults(field.listKeys, type);
  return { is: "list", atomic: false, item, element: (value) => keysOf(value, field.listKeys, defaults) };
}

const isScalar = (value: unknown): boolean => value !== null && typeof value !== "object";

/** What an item that omits a key has in its place. */
function keyDefaults(keys: readonly string[], type: FieldType): Readonly<Record<string, unknown>> {
  if (type.is !== "struct") return {};
  const { fields } = type.struct;
  const zero: Readonly<Record<string, unknown>> = { string: "", int: 0, bool: false };
  const entries = keys.map((key) => {
    const field = fields.get(key);
    const required = field !== undefined && field.omit === "never" && !field.pointer;
    return [key, field?.default ?? (required ? zero[field.type.is] : undefined)] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Undefined when the item has none of the keys. */
function keysOf(item: unknown, keys: readonly string[], defaults: Readonly<Record<string, unknown>>): PathElement | undefined {
  if (!isObject(item)) return undefined;
  const found: Record<string, unknown> = {};
  let count = 0;
  for (const key of keys) {
    const value = item[key] ?? defaults[key];
    if (value === undefined) continue;
    found[key] = value;
    count += 1;
  }
  return count === 0 ? undefined : keyElement(found);
}

/** The place of a member of a map, or of an item of a list; undefined when it has no schema of its own. */
export function placeBelow(place: Place | undefined, element: PathElement): Place | undefined {
  if (place?.is === "map" && element.startsWith("f:")) return place.field(element.slice(2));
  return place?.is === "list" && !place.atomic ? place.item : undefined;
}
