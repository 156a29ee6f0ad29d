/** Checks of the single files that volumes are made of. Upstream: pkg/apis/core/validation/validation.go (validateKeyToPath) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required } from "../../../machinery/fieldErrors.ts";
import type { DownwardAPIVolumeFile, KeyToPath } from "../../../schema/shapes/core.v1.ts";
import { validateFieldRef, validateResourceFieldRef, volumeFields } from "./envValidation.ts";
import { fileMode, validateLocalPath } from "./pathValidation.ts";

export function validateKeyToPath({ key, path, mode }: KeyToPath, at: Path): FieldError[] {
  const errors = key === "" ? [required(at.child("key"))] : [];
  if (path === "") errors.push(required(at.child("path")));
  return [...errors, ...validateLocalPath(path, at.child("path")), ...fileMode(mode, at.child("mode"))];
}

export function validateDownwardFile(file: DownwardAPIVolumeFile, at: Path): FieldError[] {
  const errors = file.path === "" ? [required(at.child("path"))] : [];
  errors.push(...validateLocalPath(file.path, at.child("path")));
  if (file.fieldRef !== undefined) {
    errors.push(...validateFieldRef(file.fieldRef, volumeFields, at.child("fieldRef")));
    if (file.resourceFieldRef !== undefined) {
      errors.push(invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
    }
  } else if (file.resourceFieldRef === undefined) {
    errors.push(required(at, "one of fieldRef and resourceFieldRef is required"));
  } else {
    errors.push(...validateResourceFieldRef(file.resourceFieldRef, true, at.child("resourceFieldRef")));
  }
  return [...errors, ...fileMode(file.mode, at.child("mode"))];
}
