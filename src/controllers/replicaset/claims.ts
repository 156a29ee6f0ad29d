/**
 * Which pods are this ReplicaSet's: those that it controls and still selects, and matching orphans, which it adopts. What it controls but no longer
 * selects is released. Upstream: pkg/controller/controller_ref_manager.go
 */
import { controllerOf } from "../../machinery/owners.ts";
import type { Selector } from "../../machinery/selectors.ts";
import type { ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { isPodActive } from "../framework/podAvailability.ts";

export interface Claims {
  readonly owned: readonly Pod[];
  readonly adopt: readonly Pod[];
  readonly release: readonly Pod[];
}

/** `pods` are those that it controls and the orphans of its namespace. */
export function planClaims(replicaSet: ReplicaSet, selector: Selector, pods: readonly Pod[]): Claims {
  const owned: Pod[] = [];
  const adopt: Pod[] = [];
  const release: Pod[] = [];
  const going = replicaSet.metadata.deletionTimestamp !== undefined;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const matches = selector.matches(pod.metadata.labels ?? {});
    if (owner !== undefined && owner.uid !== replicaSet.metadata.uid) continue;
    if (owner !== undefined && matches) owned.push(pod);
    else if (owner !== undefined && !going && isPodActive(pod)) release.push(pod);
    else if (owner === undefined && matches && !going && isPodActive(pod)) adopt.push(pod);
  }
  return { owned, adopt, release };
}
