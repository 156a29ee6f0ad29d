/**
 * What becomes of an object, once it is known how its owners are. Pure.
 * Upstream: pkg/controller/garbagecollector/garbagecollector.go (attemptToDeleteItem)
 */
import type { ObjectMeta, OwnerReference } from "../../schema/shapes/meta.v1.ts";
import { foregroundFinalizer, orphanFinalizer } from "./graph.ts";

export type OwnerState =
  /** It exists, and isn't waiting for this dependent to go. */
  | "solid"
  /** There is no such object. */
  | "dangling"
  /** It is being deleted in the foreground, after its dependents. */
  | "waiting";

export type Verdict =
  | { readonly type: "keep" }
  /** Some owners remain: only the references to the others go. */
  | { readonly type: "dropReferences"; readonly ownerReferences: OwnerReference[] }
  /** `unblock`: first make its own references non-blocking, because it and its dependents wait for each other. */
  | { readonly type: "delete"; readonly propagationPolicy: "Background" | "Foreground" | "Orphan"; readonly unblock: boolean };

export interface Dependents {
  readonly count: number;
  /** Whether one of them is itself waiting for its dependents. */
  readonly oneIsWaiting: boolean;
}

export function verdictOn(metadata: ObjectMeta, stateOf: ReadonlyMap<string, OwnerState>, dependents: Dependents): Verdict {
  const references = metadata.ownerReferences ?? [];
  if (references.length === 0) return { type: "keep" };
  const solid = references.filter((reference) => stateOf.get(reference.uid) === "solid");
  if (solid.length === references.length) return { type: "keep" };
  if (solid.length > 0) return { type: "dropReferences", ownerReferences: solid };
  const awaited = references.some((reference) => stateOf.get(reference.uid) === "waiting");
  if (awaited && dependents.count > 0) return { type: "delete", propagationPolicy: "Foreground", unblock: dependents.oneIsWaiting };
  return { type: "delete", propagationPolicy: policyOf(metadata.finalizers ?? []), unblock: false };
}

/** A finalizer that somebody has put there already is honoured. */
function policyOf(finalizers: readonly string[]): "Background" | "Foreground" | "Orphan" {
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}
