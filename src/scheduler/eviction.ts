/** Makes room for a more important pod: marks its victims, deletes them and says so. Upstream: pkg/scheduler/framework/preemption/preemption.go */
import { pod as podKind } from "../api/core/v1/pod.ts";
import { isApiError } from "../machinery/status.ts";
import { rfc3339 } from "../machinery/time.ts";
import { type Announcer, named } from "./binding.ts";
import type { PodInfo } from "./state/podInfo.ts";

export interface Eviction {
  readonly node: string;
  readonly victims: readonly PodInfo[];
}

/** Throws what the API answers, when it is not that a victim is gone already. */
export async function evict(announcer: Announcer, preemptor: PodInfo, { node, victims }: Eviction): Promise<void> {
  await Promise.all(victims.map((victim) => evictOne(announcer, preemptor, victim, node)));
}

async function evictOne({ client, events, clock }: Announcer, preemptor: PodInfo, victim: PodInfo, node: string): Promise<void> {
  const { namespace, name, pod } = victim;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${preemptor.pod.spec.schedulerName ?? "default-scheduler"}: preempting to accommodate a higher priority pod`,
    lastProbeTime: null,
    lastTransitionTime: rfc3339(clock.now()),
  };
  try {
    await client.patch(podKind, { namespace, name }, "strategic", { status: { conditions: [condition] } }, "status");
    await client.delete(podKind, { namespace, name }, { preconditions: { uid: pod.metadata.uid } });
  } catch (error) {
    if (isApiError(error, "NotFound")) return;
    throw error;
  }
  events.event(named(pod), "Normal", "Preempted", `Preempted by pod ${preemptor.uid} on node ${node}`);
}
