/** A kind's own rules, of the version that the client spoke. */
import { Path } from "../../machinery/field.ts";
import type { FieldError } from "../../machinery/field.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import type { Resource } from "./resource.ts";

const root = Path.root("");

export function newObjectProblems({ kind, served }: Resource, object: KubeObject): FieldError[] {
  if (served?.storedAs === undefined) return kind.validate(object, root);
  return served.validate(served.storedAs.fromStored(object), root);
}

export function changeProblems({ kind, served }: Resource, next: KubeObject, previous: KubeObject): FieldError[] {
  if (served?.storedAs === undefined) return kind.validateUpdate(next, previous, root);
  return served.validateUpdate(served.storedAs.fromStored(next), served.storedAs.fromStored(previous), root);
}

export function statusProblems({ kind }: Resource, next: KubeObject, previous: KubeObject): FieldError[] {
  return kind.validateStatusUpdate?.(next, previous, root) ?? [];
}
