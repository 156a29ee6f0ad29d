/** What the scheduler tells the API: bindings, and conditions and events of pods that it can't place. Upstream: pkg/scheduler/schedule_one.go */
import { pod as podKind } from "../api/core/v1/pod.ts";
import type { Clock } from "../base/clock.ts";
import type { Client, EventRecorder } from "../client/client.ts";
import { conditionOf } from "../machinery/conditions.ts";
import { rfc3339 } from "../machinery/time.ts";
import type { Binding, Pod, PodCondition } from "../schema/shapes/core.v1.ts";
import type { PodInfo } from "./state/podInfo.ts";

/** Upstream's limit on an event's note. */
const maxNoteLength = 1024;

export interface Announcer {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

/** Throws what the API answers. */
export async function bind({ client, events }: Announcer, info: PodInfo, node: string): Promise<void> {
  const { namespace, name, pod } = info;
  const binding: Binding = {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name, namespace, uid: pod.metadata.uid },
    target: { kind: "Node", name: node },
  };
  await client.createSub(podKind, { namespace, name }, "binding", binding);
  events.event(named(pod), "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${node}`);
}

export interface Failure {
  readonly reason: "Unschedulable" | "SchedulerError";
  readonly message: string;
  /** The node on which room is being made; empty: none any more; absent: as before. */
  readonly nominated?: string | undefined;
}

/** Says in an event and in the condition PodScheduled why the pod has no node. Throws what the API answers. */
export async function announceFailure({ client, events, clock }: Announcer, info: PodInfo, failure: Failure): Promise<void> {
  const { pod, namespace, name } = info;
  const { reason, message, nominated } = failure;
  events.event(named(pod), "Warning", "FailedScheduling", truncated(message));
  const former = conditionOf(pod.status?.conditions, "PodScheduled");
  const condition: PodCondition = {
    type: "PodScheduled",
    status: "False",
    reason,
    message,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  const hope =
    nominated === undefined || nominated === (pod.status?.nominatedNodeName ?? "") ? {} : { nominatedNodeName: nominated || null };
  if (former !== undefined && sameCondition(former, condition) && !("nominatedNodeName" in hope)) return;
  const since = former?.status === "False" ? former.lastTransitionTime : undefined;
  const conditions = [{ ...condition, lastProbeTime: null, lastTransitionTime: since ?? rfc3339(clock.now()) }];
  await client.patch(podKind, { namespace, name }, "strategic", { status: { conditions, ...hope } }, "status");
}

function sameCondition(a: PodCondition, b: PodCondition): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message && a.observedGeneration === b.observedGeneration;
}

function truncated(message: string): string {
  const suffix = " ...";
  return message.length <= maxNoteLength ? message : message.slice(0, maxNoteLength - suffix.length) + suffix;
}

/** Listed objects don't say what they are. */
export function named(pod: Pod): Pod {
  return pod.kind === undefined ? { ...pod, apiVersion: "v1", kind: "Pod" } : pod;
}
