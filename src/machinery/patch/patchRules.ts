/**
 * How strategic merge patches treat a field, looked up in the facts of the struct that it is in.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/meta.go
 */
import type { FieldType, Struct } from "../../schema/structs.ts";
import { badRequest } from "../status.ts";

/** A place in the schema: a struct, or a type that has no fields of its own. */
export type Place = Struct | FieldType;

export interface Rule {
  /** Of the field's value, or of its items when it is a list. */
  readonly inside: Place;
  readonly strategy: "merge" | "replace" | undefined;
  readonly retainKeys: boolean;
  readonly mergeKey: string | undefined;
}

/** Throws ApiError when the place has no such field, as upstream does for fields that hold objects or lists. */
export function ruleOf(place: Place, key: string): Rule {
  const struct = structAt(place);
  if (struct === undefined) {
    const kind = "is" in place && place.is === "map" ? "map" : "is" in place && place.is === "list" ? "slice" : "interface";
    throw badRequest(`merging an object in json but data type is not struct, instead is: ${kind}`);
  }
  const field = struct.fields.get(key);
  if (field === undefined) throw badRequest(`unable to find api field in struct ${struct.name} for the json field ${JSON.stringify(key)}`);
  const inside = field.type.is === "list" ? field.type.item : field.type;
  return {
    inside,
    strategy: field.strategies.find((s) => s === "merge" || s === "replace"),
    retainKeys: field.strategies.includes("retainKeys"),
    mergeKey: field.mergeKey,
  };
}

function structAt(place: Place): Struct | undefined {
  if (!("is" in place)) return place;
  return place.is === "struct" ? place.struct : undefined;
}

export const directive = "$patch";
export const retainKeys = "$retainKeys";
export const deletePrefix = "$deleteFromPrimitiveList";
export const orderPrefix = "$setElementOrder";
