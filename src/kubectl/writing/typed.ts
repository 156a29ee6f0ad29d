/**
 * Objects as upstream's typed clients see them: fields in Go's order, zero structs printed, unknown fields dropped. Kinds without facts
 * (custom resources) stay as they are.
 * Upstream: kubectl/pkg/scheme
 */
import { conform } from "../../schema/conform.ts";
import { structNamed, type Struct } from "../../schema/structs.ts";
import { groupVersionOf } from "../resources/selection.ts";
import type { Unstructured } from "../resources/unstructured.ts";

/** The facts of a kind that upstream's kubectl was built with. */
export function structOfKind(apiVersion: string, kind: string): Struct | undefined {
  const [group, version] = groupVersionOf(apiVersion);
  if (group === "metrics.k8s.io") return undefined;
  const known = group === "" || !group.includes(".") || group.endsWith(".k8s.io");
  return known ? structNamed(`${group === "" ? "core" : group.split(".")[0]}/${version}.${kind}`) : undefined;
}

export function structOfObject(object: Unstructured): Struct | undefined {
  return structOfKind(object.apiVersion ?? "", object.kind ?? "");
}

/** Throws DecodeError for a value of the wrong type. */
export function typed(object: Unstructured): Unstructured {
  const struct = structOfObject(object);
  if (struct === undefined) return object;
  const out = conform(object, struct).object as Unstructured;
  keepNulls(object, out);
  return out;
}

/** Where a list that nobody set prints as null, callers say so with null. */
function keepNulls(from: Readonly<Record<string, unknown>>, out: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    const made = out[key];
    if (value === null && Array.isArray(made)) out[key] = null;
    else if (isMap(value) && isMap(made)) keepNulls(value, made);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
