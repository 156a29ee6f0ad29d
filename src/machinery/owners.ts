/** Owner references: who made an object, and who of them manages it. Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go */
import type { ObjectMeta, OwnerReference } from "../schema/shapes/meta.v1.ts";
import { apiVersionOf } from "./kind.ts";

interface Owned {
  readonly metadata: Pick<ObjectMeta, "ownerReferences">;
}
interface Owner {
  readonly metadata: Pick<ObjectMeta, "name" | "uid">;
}

/** The one reference with `controller: true`. */
export function controllerOf(object: Owned): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** A reference that makes `owner` the managing controller, blocking its foreground deletion. */
export function ownerReferenceTo(
  kind: { readonly group: string; readonly version: string; readonly kind: string },
  owner: Owner,
): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function isControlledBy(object: Owned, owner: Owner): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}
