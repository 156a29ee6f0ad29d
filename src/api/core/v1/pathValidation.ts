/** Checks of file paths. Upstream: pkg/apis/core/validation/validation.go (validateLocalDescendingPath and its neighbours) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid } from "../../../machinery/fieldErrors.ts";

export function noBacksteps(path: string, at: Path): FieldError[] {
  return path.split("/").includes("..") ? [invalid(at, path, "must not contain '..'")] : [];
}

/** Relative, and never upwards. */
export function validateDescendingPath(path: string, at: Path): FieldError[] {
  const absolute = path.startsWith("/") ? [invalid(at, path, "must be a relative path")] : [];
  return [...absolute, ...noBacksteps(path, at)];
}

/** As a descending path, and no name that a volume keeps for itself. */
export function validateLocalPath(path: string, at: Path): FieldError[] {
  const errors = validateDescendingPath(path, at);
  const reserved = path.startsWith("..") && path !== ".." && !path.startsWith("../");
  return reserved ? [...errors, invalid(at, path, "must not start with '..'")] : errors;
}

const fileModeText = "must be a number between 0 and 0777 (octal), both inclusive";

export function fileMode(mode: number | undefined, at: Path): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(at, mode, fileModeText)] : [];
}
