/**
 * Constructors of field errors and their texts, as validation collects them.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
 */
import { assertNever } from "../base/assert.ts";
import type { FieldError, FieldErrorType, Path } from "./field.ts";
import { goJson, goQuote } from "../schema/scalars/goText.ts";

type At = Path | string;

export function required(path: At, detail = ""): FieldError {
  return { type: "FieldValueRequired", path: String(path), detail };
}
export function invalid(path: At, value: unknown, detail: string): FieldError {
  return { type: "FieldValueInvalid", path: String(path), value, detail };
}
/** The value is of the wrong JSON type. */
export function typeInvalid(path: At, value: unknown, detail: string): FieldError {
  return { type: "FieldValueTypeInvalid", path: String(path), value, detail };
}
export function duplicate(path: At, value: unknown): FieldError {
  return { type: "FieldValueDuplicate", path: String(path), value, detail: "" };
}
export function forbidden(path: At, detail: string): FieldError {
  return { type: "FieldValueForbidden", path: String(path), detail };
}
/** A reference to something that isn't there. */
export function notFound(path: At, value: unknown): FieldError {
  return { type: "FieldValueNotFound", path: String(path), value, detail: "" };
}
export function notSupported(path: At, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? "" : `supported values: ${supported.map(goQuote).join(", ")}`;
  return { type: "FieldValueNotSupported", path: String(path), value, detail };
}
/** `maxBytes` below zero: no number in the text. The value is never printed. */
export function tooLong(path: At, _value: unknown, maxBytes: number): FieldError {
  const unit = maxBytes === 1 ? "byte" : "bytes";
  const detail = maxBytes < 0 ? "value is too long" : `may not be more than ${maxBytes} ${unit}`;
  return { type: "FieldValueTooLong", path: String(path), detail };
}
export function tooMany(path: At, actual: number, max: number): FieldError {
  const unit = max === 1 ? "item" : "items";
  const detail = max < 0 ? "has too many items" : `must have at most ${max} ${unit}`;
  return { type: "FieldValueTooMany", path: String(path), ...(actual < 0 ? {} : { value: actual }), detail };
}
export function internal(path: At, detail: string): FieldError {
  return { type: "InternalError", path: String(path), detail };
}

/** `Invalid value: -1: must be greater than or equal to 0`: the message of a status cause. */
export function fieldErrorBody(error: FieldError): string {
  const detail = error.detail === "" ? "" : `: ${error.detail}`;
  return `${nameOf(error.type)}${"value" in error ? `: ${shown(error.value)}` : ""}${detail}`;
}

/** With the path in front: `spec.replicas: Invalid value: ...`. */
export function fieldErrorText(error: FieldError): string {
  return `${error.path}: ${fieldErrorBody(error)}`;
}

function shown(value: unknown): string {
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return goJson(value);
}

function nameOf(type: FieldErrorType): string {
  switch (type) {
    case "FieldValueRequired":
      return "Required value";
    case "FieldValueInvalid":
    case "FieldValueTypeInvalid":
      return "Invalid value";
    case "FieldValueDuplicate":
      return "Duplicate value";
    case "FieldValueForbidden":
      return "Forbidden";
    case "FieldValueNotFound":
      return "Not found";
    case "FieldValueNotSupported":
      return "Unsupported value";
    case "FieldValueTooLong":
      return "Too long";
    case "FieldValueTooMany":
      return "Too many";
    case "InternalError":
      return "Internal error";
    default:
      return assertNever(type);
  }
}
