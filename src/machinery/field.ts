/**
 * Field paths and the errors that validation collects, worded as upstream's field.ErrorList prints them.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
 */
export class Path {
  private readonly text: string;
  private constructor(text: string) {
    this.text = text;
  }
  static root(name: string): Path {
    return new Path(name);
  }
  /** `spec` -> `spec.template`; at the empty root just the name. */
  child(...names: string[]): Path {
    return new Path([...(this.text === "" ? [] : [this.text]), ...names].join("."));
  }
  index(at: number): Path {
    return new Path(`${this.text}[${at}]`);
  }
  key(key: string): Path {
    return new Path(`${this.text}[${key}]`);
  }
  toString(): string {
    return this.text;
  }
}

export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueNotFound"
  | "FieldValueNotSupported"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  readonly type: FieldErrorType;
  readonly path: string;
  /** The offending value as the message shows it; absent for Required and Forbidden. */
  readonly value?: unknown;
  readonly detail: string;
}
