/** What a Deployment's plan is made from: its ReplicaSets, sorted into the current one and the old ones. */
import { isPodTerminal } from "../../machinery/pods.ts";
import type { Deployment, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { byAge, findNewReplicaSet } from "./revisions.ts";
import { isObserved } from "./replicas.ts";

export interface Observed {
  readonly deployment: Deployment;
  /** All that it owns, oldest first. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The one with the Deployment's template. */
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  /** Pods of old ReplicaSets that may still run. */
  readonly oldPodsRunning: boolean;
}

export function observe(
  deployment: Deployment,
  owned: readonly ReplicaSet[],
  podsOf: (replicaSet: ReplicaSet) => readonly Pod[],
): Observed {
  const replicaSets = byAge(owned);
  const current = findNewReplicaSet(deployment, replicaSets);
  const old = replicaSets.filter((replicaSet) => replicaSet !== current);
  // One that hasn't seen its latest spec may be making pods right now.
  const mayHave = old.some((replicaSet) => reportedPods(replicaSet) > 0 || !isObserved(replicaSet));
  const oldPodsRunning = mayHave || old.some((replicaSet) => podsOf(replicaSet).some((pod) => !isPodTerminal(pod)));
  return { deployment, replicaSets, current, old, oldPodsRunning };
}

function reportedPods({ status }: ReplicaSet): number {
  return (status?.replicas ?? 0) + (status?.terminatingReplicas ?? 0);
}
