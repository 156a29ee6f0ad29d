/**
 * Makes a Kind out of what is particular to it; the rest are the rules that most kinds share.
 * Upstream: pkg/registry/<group>/<resource>/strategy.go, taken together with pkg/apis/<group>.
 */
import type { FieldError } from "../machinery/field.ts";
import type { Kind, KubeObject } from "../machinery/kind.ts";
import { ageColumn } from "./columns.ts";

/** Names that can be derived may be left out; so may rules that do nothing. */
type Particulars<T extends KubeObject> = Pick<Kind<T>, "group" | "version" | "kind" | "plural" | "namespaced" | "struct"> &
  Partial<Kind<T>>;

export function defineKind<T extends KubeObject>(particulars: Particulars<T>): Kind<T> {
  return {
    singular: particulars.kind.toLowerCase(),
    listKind: `${particulars.kind}List`,
    shortNames: [],
    categories: [],
    subresources: [],
    columns: [ageColumn()],
    setDefaults: doNothing,
    prepareForCreate: doNothing,
    prepareForUpdate: doNothing,
    validate: noErrors,
    validateUpdate: noErrors,
    ...particulars,
  };
}

/** For kinds whose status only the status sub-resource writes: a new object has an empty one, an update of the rest keeps what is there. */
export function ownStatus<T extends KubeObject & { status?: S | undefined }, S>(empty: () => S): StatusRules<T> {
  return {
    prepareForCreate(object) {
      object.status = empty();
    },
    prepareForUpdate(next, previous) {
      next.status = previous.status ?? empty();
    },
  };
}

type StatusRules<T extends KubeObject> = Pick<Kind<T>, "prepareForCreate" | "prepareForUpdate">;

function doNothing(): void {}

function noErrors(): FieldError[] {
  return [];
}
