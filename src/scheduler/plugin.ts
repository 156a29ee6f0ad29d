/**
 * What a plugin is: rules that keep a pod off a node (filter) and wishes that rank the nodes left (score). Both are prepared once per pod and then
 * asked per node. Left out: extension points that nothing here uses (permit, reserve, pre-bind).
 * Upstream: staging/src/k8s.io/kube-scheduler/framework/interface.go
 */
import type { ClusterEvent } from "./clusterEvent.ts";
import type { NodeInfo } from "./state/nodeInfo.ts";
import type { PodInfo } from "./state/podInfo.ts";
import type { SchedulerCache } from "./state/cache.ts";
import type { Workloads } from "./state/workloads.ts";

export const maxNodeScore = 100;

/** Why a node won't do, in upstream's words. */
export interface Rejection {
  readonly reasons: readonly string[];
  /** Whether taking other pods off the node could help. */
  readonly resolvable: boolean;
}

/** What one scheduling decision looks at. */
export interface Scene {
  readonly info: PodInfo;
  readonly cache: SchedulerCache;
  readonly workloads: Workloads;
}

export interface NodeFilter {
  /** Undefined: the node will do. */
  reject(node: NodeInfo): Rejection | undefined;
  /** The only nodes worth looking at; absent: all. */
  readonly names?: ReadonlySet<string> | undefined;
}

export interface NodeScorer {
  score(node: NodeInfo): number;
  /** Brings the scores into 0 to 100; in the order of the feasible nodes. Absent: they are. */
  normalize?(scores: number[]): void;
}

export interface Plugin {
  readonly name: string;
  /** Undefined: the pod has nothing that this rule could object to. */
  prepareFilter?(scene: Scene): NodeFilter | undefined;
  /** Weight of the score; with prepareScore only. */
  readonly weight?: number;
  /** Undefined: the plugin has no wish for this pod. */
  prepareScore?(scene: Scene, feasible: readonly NodeInfo[]): NodeScorer | undefined;
  /** Whether an event may let a pod in that this plugin rejected. Absent: none does. */
  helps?(event: ClusterEvent, info: PodInfo): boolean;
}

/** Scales so that the highest becomes 100, or, reversed, so that the lowest raw score gets 100. */
export function normalizeByHighest(scores: number[], reverse: boolean): void {
  const highest = scores.reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < scores.length; i += 1) {
    const scaled = highest === 0 ? 0 : Math.floor((scores[i]! * maxNodeScore) / highest);
    scores[i] = reverse ? maxNodeScore - scaled : scaled;
  }
}
