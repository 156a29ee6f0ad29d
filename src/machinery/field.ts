/**
 * Field paths and the errors that validation collects, worded as upstream's field.ErrorList prints them.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
 */
export class Path {
  /** Kept as links and written out only for an error: validation makes many and prints few. */
  private readonly parent: Path | undefined;
  private readonly part: string;
  private constructor(parent: Path | undefined, part: string) {
    this.parent = parent;
    this.part = part;
  }
  static root(name: string): Path {
    return new Path(undefined, name);
  }
  /** `spec` -> `spec.template`; at the empty root just the name. */
  child(...names: string[]): Path {
    const isEmpty = this.parent === undefined && this.part === "";
    const name = names.length === 1 ? (names[0] ?? "") : names.join(".");
    return isEmpty ? new Path(undefined, name) : new Path(this, `.${name}`);
  }
  index(at: number): Path {
    return new Path(this, `[${at}]`);
  }
  key(key: string): Path {
    return new Path(this, `[${key}]`);
  }
  toString(): string {
    return this.parent === undefined ? this.part : this.parent.toString() + this.part;
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
