/** An owner that is named twice counts once. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/rest.go (dedupOwnerReferences) */
import { semanticEqual } from "../../api/equal.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import type { OwnerReference } from "../../schema/shapes/meta.v1.ts";
import type { WriteContext } from "./resource.ts";

export function dropRepeatedOwners(object: KubeObject, { warn }: WriteContext): void {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length < 2) return;
  const kept: OwnerReference[] = [];
  const repeated: string[] = [];
  for (const owner of owners) {
    if (kept.some((other) => other.uid === owner.uid && semanticEqual(other, owner))) repeated.push(owner.uid);
    else kept.push(owner);
  }
  if (repeated.length === 0) return;
  object.metadata.ownerReferences = kept;
  warn(
    ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as " +
      `early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(", ")}`,
  );
}
