/**
 * Pods that nobody else will clear away: too many finished ones, those of nodes that are gone or out of service, and terminating ones that never
 * had a node. Upstream: pkg/controller/podgc/gc_controller.go
 */
import { isPodTerminal, isPodTerminating } from "../../machinery/pods.ts";
import { conditionTrue } from "../../machinery/conditions.ts";
import type { Node, Pod } from "../../schema/shapes/core.v1.ts";

export type Reason = "terminated" | "orphaned" | "unscheduled" | "outOfService";

export interface World {
  readonly pods: readonly Pod[];
  readonly nodeOf: (name: string) => Node | undefined;
  /** How many finished pods may stay; 0 or less: all. */
  readonly terminatedThreshold: number;
  /** Nodes missing for long enough, and confirmed to be. */
  readonly goneNodes: ReadonlySet<string>;
}

export function plan(world: World): Map<Pod, Reason> {
  const due = new Map<Pod, Reason>();
  for (const pod of world.pods) {
    const reason = reasonFor(world, pod);
    if (reason !== undefined) due.set(pod, reason);
  }
  if (world.terminatedThreshold > 0) {
    const finished = world.pods.filter((pod) => isPodTerminal(pod) && !isPodTerminating(pod));
    const tooMany = Math.max(0, finished.length - world.terminatedThreshold);
    for (const pod of finished.sort(evictedAndOldFirst).slice(0, tooMany)) if (!due.has(pod)) due.set(pod, "terminated");
  }
  return due;
}

/** Names of nodes that pods are bound to and that the cache doesn't know. */
export function missingNodes({ pods, nodeOf }: Pick<World, "pods" | "nodeOf">): Set<string> {
  const missing = new Set<string>();
  for (const pod of pods) {
    const { nodeName = "" } = pod.spec;
    if (nodeName !== "" && nodeOf(nodeName) === undefined) missing.add(nodeName);
  }
  return missing;
}

function reasonFor({ nodeOf, goneNodes }: World, pod: Pod): Reason | undefined {
  const { nodeName = "" } = pod.spec;
  if (nodeName === "") return isPodTerminating(pod) ? "unscheduled" : undefined;
  if (goneNodes.has(nodeName)) return "orphaned";
  return isPodTerminating(pod) && isOutOfService(nodeOf(nodeName)) ? "outOfService" : undefined;
}

function isOutOfService(node: Node | undefined): boolean {
  if (node === undefined || conditionTrue(node.status?.conditions, "Ready")) return false;
  return (node.spec.taints ?? []).some((taint) => taint.key === "node.kubernetes.io/out-of-service");
}

function evictedAndOldFirst(a: Pod, b: Pod): number {
  const evictedFirst = Number(isEvicted(b)) - Number(isEvicted(a));
  if (evictedFirst !== 0) return evictedFirst;
  return ageText(a) < ageText(b) ? -1 : 1;
}

function ageText({ metadata }: Pod): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}

function isEvicted(pod: Pod): boolean {
  return pod.status?.phase === "Failed" && pod.status.reason === "Evicted";
}
