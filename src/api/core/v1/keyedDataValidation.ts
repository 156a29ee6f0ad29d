/** Checks that ConfigMaps and Secrets share: keys, size, and that what is immutable stays. Upstream: pkg/apis/core/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden } from "../../../machinery/fieldErrors.ts";
import { configKeyProblems } from "../../../machinery/names.ts";
import { semanticEqual } from "../../equal.ts";
import { problemsAt } from "../../fieldChecks.ts";

export const maxDataBytes: number = 1024 * 1024;

export function validateKeys(data: Readonly<Record<string, string>> | undefined, at: Path): FieldError[] {
  return Object.keys(data ?? {}).flatMap((key) => problemsAt(at.key(key), key, configKeyProblems(key)));
}

interface Freezable {
  readonly immutable?: boolean | undefined;
}

/** Once `immutable` is set, it and the named fields stay as they are. */
export function validateFrozen<T extends Freezable>(next: T, previous: T, fields: readonly (keyof T & string)[], at: Path): FieldError[] {
  if (previous.immutable !== true) return [];
  const text = "field is immutable when `immutable` is set";
  const errors = next.immutable === true ? [] : [forbidden(at.child("immutable"), text)];
  const changed = fields.filter((field) => !semanticEqual(next[field], previous[field]));
  return [...errors, ...changed.map((field) => forbidden(at.child(field), text))];
}
