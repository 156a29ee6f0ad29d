/**
 * The status of a Deployment out of its ReplicaSets, and when it has to be looked at again though nothing changes.
 * Upstream: pkg/controller/deployment/{sync,progress}.go
 */
import { conditionOf } from "../../machinery/conditions.ts";
import type { Deployment, DeploymentStatus, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import {
  availability,
  completeReason,
  deadlineMs,
  isTimedOut,
  newCondition,
  progressing,
  replicaFailure,
  timedOutReason,
  withCondition,
  without,
  withPause,
  type Conditions,
} from "./conditions.ts";
import type { Observed } from "./observe.ts";
import { isScalingEvent } from "./proportional.ts";
import { hasProgressDeadline, maxUnavailableOf, sum, wantedReplicas } from "./replicas.ts";

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

/** `created`: the current ReplicaSet was made in this very pass. */
export function statusOf(observed: Observed, created: boolean, nowMs: number): DeploymentStatus {
  const { deployment, replicaSets, current } = observed;
  const former = deployment.status ?? {};
  const counts = countsOf(replicaSets, current);
  const before = startOfPass(observed, created, nowMs);
  const isAvailable = counts.availableReplicas >= wantedReplicas(deployment) - maxUnavailableOf(deployment);
  let conditions = withCondition(before, newCondition(availability(isAvailable), nowMs));
  // While it goes or only scales, nothing is concluded about the rollout.
  const rollsOut = deployment.metadata.deletionTimestamp === undefined && deployment.spec.paused !== true && !isScalingEvent(observed);
  if (rollsOut) {
    conditions = withProgress({ observed, counts, before, conditions, nowMs });
    const failure = replicaFailure(replicaSets, current);
    conditions = failure === undefined ? without(conditions, "ReplicaFailure") : withCondition(conditions, failure);
  }
  const unavailable = Math.max(0, sum(replicaSets, wantedReplicas) - counts.availableReplicas);
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: orAbsent(counts.replicas),
    updatedReplicas: orAbsent(counts.updatedReplicas),
    readyReplicas: orAbsent(counts.readyReplicas),
    availableReplicas: orAbsent(counts.availableReplicas),
    unavailableReplicas: orAbsent(unavailable),
    terminatingReplicas: terminatingReplicas(replicaSets),
    conditions: conditions.length === 0 ? undefined : [...conditions],
    collisionCount: former.collisionCount,
  };
}

/** Counters that are 0 are left out, as upstream's encoding does. */
function orAbsent(count: number): number | undefined {
  return count === 0 ? undefined : count;
}

function countsOf(replicaSets: readonly ReplicaSet[], current: ReplicaSet | undefined): Counts {
  return {
    replicas: sum(replicaSets, (each) => each.status?.replicas ?? 0),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(replicaSets, (each) => each.status?.readyReplicas ?? 0),
    availableReplicas: sum(replicaSets, (each) => each.status?.availableReplicas ?? 0),
  };
}

/** Unknown as long as one of them hasn't said. */
function terminatingReplicas(replicaSets: readonly ReplicaSet[]): number | undefined {
  if (replicaSets.some((each) => each.status?.terminatingReplicas === undefined)) return undefined;
  return sum(replicaSets, (each) => each.status?.terminatingReplicas ?? 0);
}

/** The conditions from which progress is judged: with the pause or resumption, and the ReplicaSet that was made or found. */
function startOfPass({ deployment, current }: Observed, created: boolean, nowMs: number): Conditions {
  const former = deployment.status?.conditions ?? [];
  if (deployment.metadata.deletionTimestamp !== undefined) return former;
  const conditions = withPause(deployment, former, nowMs);
  if (current === undefined || !hasProgressDeadline(deployment)) return conditions;
  const isKnown = conditionOf(conditions, "Progressing") !== undefined;
  if (!created && isKnown) return conditions;
  const step = created ? "created" : "found";
  return withCondition(conditions, newCondition(progressing(step, deployment, current.metadata.name), nowMs));
}

interface Progress {
  readonly observed: Observed;
  readonly counts: Counts;
  readonly before: Conditions;
  readonly conditions: Conditions;
  readonly nowMs: number;
}

function withProgress({ observed, counts, before, conditions, nowMs }: Progress): Conditions {
  const { deployment, current } = observed;
  if (!hasProgressDeadline(deployment)) return without(conditions, "Progressing");
  const formerly = conditionOf(before, "Progressing");
  const wasComplete = counts.replicas === counts.updatedReplicas && formerly?.reason === completeReason;
  if (wasComplete) return conditions;
  const name = current?.metadata.name;
  if (isComplete(deployment, counts)) {
    return withCondition(conditions, newCondition(progressing("complete", deployment, name), nowMs));
  }
  if (hasProgressed(deployment.status ?? {}, counts)) {
    const next = newCondition(progressing("progressing", deployment, name), nowMs);
    // Each sign of progress counts anew, also with the same reason; a transition is only from another status.
    const since = formerly?.status === "True" ? formerly.lastTransitionTime : next.lastTransitionTime;
    return [...without(conditions, "Progressing"), { ...next, lastTransitionTime: since }];
  }
  if (isTimedOut(deployment, conditions, nowMs)) {
    return withCondition(conditions, newCondition(progressing("timedOut", deployment, name), nowMs));
  }
  return conditions;
}

function isComplete(deployment: Deployment, counts: Counts): boolean {
  const wanted = wantedReplicas(deployment);
  return counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted;
}

function hasProgressed(former: DeploymentStatus, counts: Counts): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = former;
  return (
    counts.updatedReplicas > updatedReplicas ||
    counts.replicas - counts.updatedReplicas < replicas - updatedReplicas ||
    counts.readyReplicas > readyReplicas ||
    counts.availableReplicas > availableReplicas
  );
}

/** How long until the rollout would have taken too long; undefined: it is over, given up or without a deadline. */
export function checkAgainInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const current = conditionOf(status.conditions, "Progressing");
  if (current === undefined || deployment.spec.paused === true) return undefined;
  if (current.reason === timedOutReason || current.reason === completeReason) return undefined;
  const deadline = deadlineMs(deployment, current);
  // Strictly later than the deadline.
  return deadline === undefined ? undefined : Math.max(0, deadline - nowMs) + 1;
}

export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  return a !== undefined && canonical(a) === canonical(b);
}

function canonical(status: DeploymentStatus): string {
  return JSON.stringify([
    status.observedGeneration ?? 0,
    status.replicas ?? 0,
    status.updatedReplicas ?? 0,
    status.readyReplicas ?? 0,
    status.availableReplicas ?? 0,
    status.unavailableReplicas ?? 0,
    status.terminatingReplicas ?? null,
    status.collisionCount ?? null,
    (status.conditions ?? []).map((c) => [c.type, c.status, c.reason, c.message, c.lastUpdateTime, c.lastTransitionTime]),
  ]);
}
