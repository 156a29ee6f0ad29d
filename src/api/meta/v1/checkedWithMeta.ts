/** The two checks of most kinds: metadata and the rest of a new object; what metadata may become and the rest again on update. */
import type { FieldError, Path } from "../../../machinery/field.ts";
import type { Kind, KubeObject } from "../../../machinery/kind.ts";
import { type MetaRules, validateObjectMeta, validateObjectMetaUpdate } from "./objectMeta.ts";

type Checks<T extends KubeObject> = Pick<Kind<T>, "validate" | "validateUpdate">;

/** `check`: everything but metadata. `checkUpdate`: what may not change; nothing else is fixed where it is left out. */
export function checkedWithMeta<T extends KubeObject>(
  rules: MetaRules,
  check: (object: T, at: Path) => FieldError[],
  checkUpdate: (next: T, previous: T, at: Path) => FieldError[] = () => [],
): Checks<T> {
  return {
    validate: (object, at) => [...validateObjectMeta(object.metadata, rules, at.child("metadata")), ...check(object, at)],
    validateUpdate: (next, previous, at) => [
      ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
      ...checkUpdate(next, previous, at),
      ...check(next, at),
    ],
  };
}
