/**
 * A rolling update, one step at a time: as many new pods as the surge leaves room for, else as many old ones fewer as availability allows, the
 * unhealthy first. Upstream: pkg/controller/deployment/rolling.go
 */
import type { Deployment, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Action } from "./action.ts";
import type { Observed } from "./observe.ts";
import { availableReplicas, heldReplicas, isActive, isObserved, maxSurgeOf, maxUnavailableOf, sum, wantedReplicas } from "./replicas.ts";

export function planRolling(observed: Observed, current: ReplicaSet): Action[] {
  const { deployment, replicaSets } = observed;
  const replicas = currentReplicas(deployment, current, replicaSets);
  if (replicas !== wantedReplicas(current)) return [{ type: "scale", replicaSet: current, replicas }];
  return scaleDownOld(observed, current);
}

/** How many replicas the current ReplicaSet may have now. `replicaSets` includes it. */
export function currentReplicas(deployment: Deployment, current: ReplicaSet, replicaSets: readonly ReplicaSet[]): number {
  const now = wantedReplicas(current);
  const target = wantedReplicas(deployment);
  if (now >= target) return target;
  // One that hasn't seen its latest spec may be making pods that nobody has counted.
  if (!replicaSets.every(isObserved)) return now;
  const room = target + maxSurgeOf(deployment) - sum(replicaSets, heldReplicas);
  return now + Math.max(0, Math.min(room, target - now));
}

function scaleDownOld({ deployment, replicaSets, old }: Observed, current: ReplicaSet): Action[] {
  const active = old.filter(isActive);
  if (active.length === 0) return [];
  const minAvailable = wantedReplicas(deployment) - maxUnavailableOf(deployment);
  const currentUnavailable = wantedReplicas(current) - availableReplicas(current);
  // New pods that aren't available yet may never be: as many old ones stay.
  const spare = sum(replicaSets, wantedReplicas) - minAvailable - currentUnavailable;
  if (spare <= 0) return [];

  const sizes = new Map(active.map((replicaSet) => [replicaSet, wantedReplicas(replicaSet)]));
  takeUnhealthy(sizes, spare);
  const available = sum(replicaSets, availableReplicas);
  takeAny(sizes, available - minAvailable);
  return active.flatMap((replicaSet) => {
    const replicas = sizes.get(replicaSet) ?? 0;
    return replicas === wantedReplicas(replicaSet) ? [] : [{ type: "scale" as const, replicaSet, replicas }];
  });
}

/** Oldest first, as many as aren't available. */
function takeUnhealthy(sizes: Map<ReplicaSet, number>, spare: number): void {
  let left = spare;
  for (const [replicaSet, size] of sizes) {
    const taken = Math.max(0, Math.min(left, size - availableReplicas(replicaSet)));
    sizes.set(replicaSet, size - taken);
    left -= taken;
  }
}

function takeAny(sizes: Map<ReplicaSet, number>, spare: number): void {
  let left = Math.max(0, spare);
  for (const [replicaSet, size] of sizes) {
    const taken = Math.min(left, size);
    sizes.set(replicaSet, size - taken);
    left -= taken;
  }
}
