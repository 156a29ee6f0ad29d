/**
 * Scaling a Deployment, also in the middle of a rollout or while paused: what is added or taken is spread over its ReplicaSets in proportion to
 * their sizes, so that the mixture of versions stays. Upstream: pkg/controller/deployment/sync.go (scale)
 */
import type { Deployment, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Action } from "./action.ts";
import type { Observed } from "./observe.ts";
import { isActive, isRolling, maxSurgeOf, sum, wantedReplicas } from "./replicas.ts";
import { compareAge, desiredReplicas, maxReplicas, sameAnnotations, scaleAnnotations } from "./revisions.ts";

/** Some ReplicaSet was last scaled for another number of replicas than is asked for now. */
export function isScalingEvent({ deployment, replicaSets }: Observed): boolean {
  return replicaSets.some((replicaSet) => {
    const desired = desiredReplicas(replicaSet);
    return isActive(replicaSet) && desired !== undefined && desired !== wantedReplicas(deployment);
  });
}

export function planScale(observed: Observed): Action[] {
  const { deployment, current, old } = observed;
  const replicas = wantedReplicas(deployment);
  const only = activeOrLatest(observed);
  if (only !== undefined) return resize(deployment, only, replicas);
  if (current !== undefined && isSaturated(deployment, current)) return old.filter(isActive).flatMap((each) => resize(deployment, each, 0));
  if (!isRolling(deployment)) return [];
  return [...proportionalSizes(observed)].flatMap(([replicaSet, size]) => resize(deployment, replicaSet, size));
}

/** The one with replicas; when none has any, the current or else the newest; none when several have. */
function activeOrLatest({ replicaSets, current, old }: Observed): ReplicaSet | undefined {
  const active = replicaSets.filter(isActive);
  if (active.length > 1) return undefined;
  return active[0] ?? current ?? old.at(-1);
}

function isSaturated(deployment: Deployment, current: ReplicaSet): boolean {
  const replicas = wantedReplicas(deployment);
  return (
    wantedReplicas(current) === replicas && desiredReplicas(current) === replicas && (current.status?.availableReplicas ?? 0) === replicas
  );
}

function resize(deployment: Deployment, replicaSet: ReplicaSet, replicas: number): Action[] {
  const annotations = replicaSet.metadata.annotations ?? {};
  const remembers = sameAnnotations(annotations, { ...annotations, ...scaleAnnotations(deployment) });
  return replicas === wantedReplicas(replicaSet) && remembers ? [] : [{ type: "scale", replicaSet, replicas }];
}

function proportionalSizes({ deployment, replicaSets }: Observed): Map<ReplicaSet, number> {
  const replicas = wantedReplicas(deployment);
  const allowed = replicas > 0 ? replicas + maxSurgeOf(deployment) : 0;
  const active = replicaSets.filter(isActive);
  const toAdd = allowed - sum(active, wantedReplicas);
  // The largest first; of equals the newer when growing, the older when shrinking.
  const sorted = active.sort((a, b) => wantedReplicas(b) - wantedReplicas(a) || (toAdd > 0 ? compareAge(b, a) : compareAge(a, b)));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const replicaSet of sorted) {
    const share = toAdd === added ? 0 : clamp(fraction(deployment, replicaSet), toAdd - added);
    sizes.set(replicaSet, wantedReplicas(replicaSet) + share);
    added += share;
  }
  // What rounding left over goes to the largest.
  const [largest] = sorted;
  if (largest !== undefined) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  return sizes;
}

/** Not beyond what is left, in its direction. */
function clamp(share: number, left: number): number {
  return left > 0 ? Math.min(share, left) : Math.max(share, left);
}

/** By how much this ReplicaSet alone would change with the whole. */
function fraction(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = wantedReplicas(replicaSet);
  const replicas = wantedReplicas(deployment);
  if (replicas === 0) return -size;
  const before = maxReplicas(replicaSet);
  const base = before === undefined || before === 0 ? (deployment.status?.replicas ?? 0) : before;
  if (base === 0) return 0;
  return Math.round((size * (replicas + maxSurgeOf(deployment))) / base) - size;
}
