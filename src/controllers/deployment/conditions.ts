/** A Deployment's conditions, with upstream's reasons and messages. Upstream: pkg/controller/deployment/{progress.go,util/deployment_util.go} */
import { assertNever } from "../../base/assert.ts";
import { conditionOf } from "../../machinery/conditions.ts";
import { rfc3339, timeMs } from "../../machinery/time.ts";
import type { Deployment, DeploymentCondition, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import { hasProgressDeadline } from "./replicas.ts";

export type ConditionType = "Available" | "Progressing" | "ReplicaFailure";
export type Conditions = readonly DeploymentCondition[];

export interface ConditionParts {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

export function newCondition(parts: ConditionParts, nowMs: number): DeploymentCondition {
  const now = rfc3339(nowMs);
  return {
    type: parts.type,
    status: parts.status,
    lastUpdateTime: now,
    lastTransitionTime: now,
    reason: parts.reason,
    message: parts.message,
  };
}

export function without(conditions: Conditions, type: ConditionType): Conditions {
  return conditions.filter((condition) => condition.type !== type);
}

/** Puts it in, unless one with this status and reason is there. The time of transition is kept while the status is. */
export function withCondition(conditions: Conditions, next: DeploymentCondition): Conditions {
  const former = conditionOf(conditions, next.type);
  if (former?.status === next.status && former.reason === next.reason) return conditions;
  const lastTransitionTime = former?.status === next.status ? former.lastTransitionTime : next.lastTransitionTime;
  return [...conditions.filter((condition) => condition !== former), { ...next, lastTransitionTime }];
}

export function availability(isAvailable: boolean): ConditionParts {
  return isAvailable
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

export const completeReason = "NewReplicaSetAvailable";
export const timedOutReason = "ProgressDeadlineExceeded";
const pausedReason = "DeploymentPaused";

type Step = "created" | "found" | "createFailed" | "paused" | "resumed" | "progressing" | "complete" | "timedOut";

/** The Progressing condition for a step; `name` is the current ReplicaSet's. */
export function progressing(step: Step, deployment: Deployment, name: string | undefined, detail = ""): ConditionParts {
  const who = name === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${name}"`;
  switch (step) {
    case "created":
      return is("True", "NewReplicaSetCreated", `Created new replica set "${name}"`);
    case "found":
      return is("True", "FoundNewReplicaSet", `Found new replica set "${name}"`);
    case "createFailed":
      return is("False", "ReplicaSetCreateError", `Failed to create new replica set "${name}": ${detail}`);
    case "paused":
      return is("Unknown", pausedReason, "Deployment is paused");
    case "resumed":
      return is("Unknown", "DeploymentResumed", "Deployment is resumed");
    case "progressing":
      return is("True", "ReplicaSetUpdated", `${who} is progressing.`);
    case "complete":
      return is("True", completeReason, `${who} has successfully progressed.`);
    case "timedOut":
      return is("False", timedOutReason, `${who} has timed out progressing.`);
    default:
      return assertNever(step);
  }
}

function is(status: ConditionParts["status"], reason: string, message: string): ConditionParts {
  return { type: "Progressing", status, reason, message };
}

/** Marks the change between paused and not, so that a pause is never counted as lack of progress. */
export function withPause(deployment: Deployment, conditions: Conditions, nowMs: number): Conditions {
  const current = conditionOf(conditions, "Progressing");
  // A rollout that has been given up stays so.
  if (!hasProgressDeadline(deployment) || current?.reason === timedOutReason) return conditions;
  const isPaused = deployment.spec.paused === true;
  if (isPaused === (current?.reason === pausedReason)) return conditions;
  return withCondition(conditions, newCondition(progressing(isPaused ? "paused" : "resumed", deployment, undefined), nowMs));
}

/** Whether nothing has moved for longer than the deadline. */
export function isTimedOut(deployment: Deployment, conditions: Conditions, nowMs: number): boolean {
  const current = conditionOf(conditions, "Progressing");
  if (current === undefined || current.reason === completeReason) return false;
  if (current.reason === timedOutReason) return true;
  const deadline = deadlineMs(deployment, current);
  return deadline !== undefined && deadline < nowMs;
}

/** When a rollout that stands as this condition says has taken too long. */
export function deadlineMs(deployment: Deployment, current: DeploymentCondition): number | undefined {
  const since = timeMs(current.lastUpdateTime);
  if (!hasProgressDeadline(deployment) || since === undefined) return undefined;
  return since + (deployment.spec.progressDeadlineSeconds ?? 0) * 1000;
}

/** The current ReplicaSet's failure to make pods, or else an old one's. */
export function replicaFailure(replicaSets: readonly ReplicaSet[], current: ReplicaSet | undefined): DeploymentCondition | undefined {
  for (const replicaSet of current === undefined ? replicaSets : [current, ...replicaSets]) {
    const failure = conditionOf(replicaSet.status?.conditions, "ReplicaFailure");
    if (failure !== undefined) return { ...failure, lastUpdateTime: failure.lastTransitionTime };
  }
  return undefined;
}
