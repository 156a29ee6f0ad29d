/** The status of a ReplicaSet out of its pods. Upstream: pkg/controller/replicaset/replica_set_utils.go */
import { conditionOf, withoutCondition } from "../../machinery/conditions.ts";
import { isPodReady, isPodTerminal, isPodTerminating, selects } from "../../machinery/pods.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { ReplicaSet, ReplicaSetStatus } from "../../schema/shapes/apps.v1.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { availableInMs, isPodActive, isPodAvailable } from "../framework/podAvailability.ts";

/** What went wrong while moving towards the wanted number. */
export interface Trouble {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

/** `pods`: all that the ReplicaSet owns and selects, going ones included. */
export function statusOf(replicaSet: ReplicaSet, pods: readonly Pod[], trouble: Trouble | undefined, nowMs: number): ReplicaSetStatus {
  const active = pods.filter(isPodActive);
  const templateLabels = replicaSet.spec.template?.metadata?.labels ?? {};
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  return {
    replicas: active.length,
    fullyLabeledReplicas: orAbsent(active.filter((pod) => selects(templateLabels, pod.metadata.labels)).length),
    readyReplicas: orAbsent(active.filter(isPodReady).length),
    availableReplicas: orAbsent(active.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length),
    terminatingReplicas: pods.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod)).length,
    observedGeneration: orAbsent(replicaSet.metadata.generation ?? 0),
    conditions: conditionsOf(replicaSet, trouble, nowMs),
  };
}

/** Counters that are 0 are left out, as upstream's encoding does. */
function orAbsent(count: number): number | undefined {
  return count === 0 ? undefined : count;
}

function conditionsOf(replicaSet: ReplicaSet, trouble: Trouble | undefined, nowMs: number): ReplicaSetStatus["conditions"] {
  const former = replicaSet.status?.conditions;
  const failure = conditionOf(former, "ReplicaFailure");
  if (trouble === undefined) return failure === undefined ? former : withoutCondition(former, "ReplicaFailure");
  // The first trouble is kept until it is over.
  if (failure !== undefined) return former;
  return [...(former ?? []), { type: "ReplicaFailure", status: "True", lastTransitionTime: rfc3339(nowMs), ...trouble }];
}

export function sameStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  return a !== undefined && canonical(a) === canonical(b);
}

function canonical(status: ReplicaSetStatus): string {
  return JSON.stringify([
    status.replicas,
    status.fullyLabeledReplicas ?? 0,
    status.readyReplicas ?? 0,
    status.availableReplicas ?? 0,
    status.terminatingReplicas ?? null,
    status.observedGeneration ?? 0,
    (status.conditions ?? []).map(({ type, status: value, reason, message }) => [type, value, reason, message]),
  ]);
}

/** When the next ready pod becomes available by mere waiting; undefined: none will. */
export function nextAvailabilityInMs(replicaSet: ReplicaSet, pods: readonly Pod[], nowMs: number): number | undefined {
  const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
  const waits = pods.filter(isPodActive).flatMap((pod) => availableInMs(pod, minReadySeconds, nowMs) ?? []);
  const pending = waits.filter((wait) => wait > 0);
  return pending.length === 0 ? undefined : Math.min(...pending);
}
