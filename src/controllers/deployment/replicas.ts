/** Counting replicas over ReplicaSets, and the bounds that a strategy sets. Upstream: pkg/controller/deployment/util/deployment_util.go */
import { scaledValue } from "../../machinery/intOrString.ts";
import type { Deployment, ReplicaSet } from "../../schema/shapes/apps.v1.ts";

/** A limit that users set to say "none". */
const maxInt32 = 2_147_483_647;

export function wantedReplicas(object: Deployment | ReplicaSet): number {
  return object.spec.replicas ?? 1;
}

export function isRolling(deployment: Deployment): boolean {
  return (deployment.spec.strategy?.type ?? "RollingUpdate") === "RollingUpdate";
}

interface Bounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Percentages resolved: surge rounds up, unavailability down; if both are 0, one may be unavailable, or nothing could move. */
function resolved(deployment: Deployment): Bounds {
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec.strategy?.rollingUpdate ?? {};
  const replicas = wantedReplicas(deployment);
  const surge = scaledValue(maxSurge, replicas, "up") ?? 0;
  const unavailable = scaledValue(maxUnavailable, replicas, "down") ?? 0;
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** How many pods beyond the wanted number a rollout may have. */
export function maxSurgeOf(deployment: Deployment): number {
  return isRolling(deployment) ? resolved(deployment).maxSurge : 0;
}

/** How many of the wanted pods a rollout may do without. */
export function maxUnavailableOf(deployment: Deployment): number {
  const replicas = wantedReplicas(deployment);
  return isRolling(deployment) && replicas > 0 ? Math.min(resolved(deployment).maxUnavailable, replicas) : 0;
}

export function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}

/**
 * Pods that it may have right now: after scaling down, its former ones until it reports that they are going. (Upstream counts the wanted number
 * alone, and has too many pods for the moment in which an old ReplicaSet lags behind.)
 */
export function heldReplicas(replicaSet: ReplicaSet): number {
  return Math.max(wantedReplicas(replicaSet), replicaSet.status?.replicas ?? 0);
}

/** Available pods that it surely keeps: a status from before it was scaled down counts some that are going. */
export function availableReplicas(replicaSet: ReplicaSet): number {
  return Math.min(wantedReplicas(replicaSet), replicaSet.status?.availableReplicas ?? 0);
}

/** Its status is about the latest spec. */
export function isObserved(replicaSet: ReplicaSet): boolean {
  return (replicaSet.status?.observedGeneration ?? 0) >= (replicaSet.metadata.generation ?? 0);
}

export function isActive(replicaSet: ReplicaSet): boolean {
  return wantedReplicas(replicaSet) > 0;
}

export function hasProgressDeadline(deployment: Deployment): boolean {
  const { progressDeadlineSeconds } = deployment.spec;
  return progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== maxInt32;
}

/** How many old ReplicaSets are kept for undo; undefined: all. */
export function historyLimitOf(deployment: Deployment): number | undefined {
  const { revisionHistoryLimit } = deployment.spec;
  return revisionHistoryLimit === maxInt32 ? undefined : revisionHistoryLimit;
}
