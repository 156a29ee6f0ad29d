/** Checks of the counts in workloads' statuses. Upstream: pkg/apis/apps/validation/validation.go (ValidateDeploymentStatus) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid } from "../../../machinery/fieldErrors.ts";
import { nonNegative } from "../../fieldChecks.ts";

type Counts = Readonly<Record<string, number | undefined>>;

/** None below zero; none of `parts` above `whole`. */
export function validateCounts(counts: Counts, whole: number, parts: readonly string[], at: Path): FieldError[] {
  const errors = Object.entries(counts).flatMap(([field, count]) => nonNegative(count, at.child(field)));
  const over = parts.filter((field) => (counts[field] ?? 0) > whole);
  errors.push(...over.map((field) => invalid(at.child(field), counts[field] ?? 0, "cannot be greater than status.replicas")));
  const { availableReplicas = 0, readyReplicas = 0 } = counts;
  if (availableReplicas <= readyReplicas) return errors;
  return [...errors, invalid(at.child("availableReplicas"), availableReplicas, "cannot be greater than readyReplicas")];
}

/** It makes names unique by going up. */
export function validateCollisionCount(next: number | undefined, previous: number | undefined, at: Path): FieldError[] {
  const lower = previous !== undefined && (next ?? -1) < previous;
  return lower ? [invalid(at, next ?? 0, "cannot be decremented")] : [];
}
