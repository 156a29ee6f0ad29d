/**
 * Which pods go first when there are too many: those that lose the least. Unassigned, pending, not ready, cheap by annotation, doubled up on a node,
 * recently ready, often restarted, young; ages are compared by order of magnitude only, so that equals are chosen by chance (of their uid).
 * Unlike upstream a pod that is ready but not yet available goes before an available one: a rollout that takes away the former must not lose the
 * latter. Upstream: pkg/controller/controller_utils.go (ActivePodsWithRanks)
 */
import { isPodReady } from "../../machinery/pods.ts";
import { timeMs } from "../../machinery/time.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { isPodActive, isPodAvailable, readySinceMs } from "../framework/podAvailability.ts";

const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

export interface Choice {
  readonly pods: readonly Pod[];
  /** Pods of all ReplicaSets of the same owner, which tell how crowded each node is. */
  readonly related: readonly Pod[];
  readonly count: number;
  readonly minReadySeconds: number;
  readonly nowMs: number;
}

/** The `count` pods to delete. */
export function podsToDelete({ pods, related, count, minReadySeconds, nowMs }: Choice): readonly Pod[] {
  if (count >= pods.length) return pods;
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec.nodeName;
    if (node !== undefined && isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => ({
    pod,
    neighbours: perNode.get(pod.spec.nodeName ?? "") ?? 0,
    available: isPodAvailable(pod, minReadySeconds, nowMs),
  }));
  ranked.sort((a, b) => compare(a, b, nowMs));
  return ranked.slice(0, count).map(({ pod }) => pod);
}

interface Ranked {
  readonly pod: Pod;
  readonly neighbours: number;
  readonly available: boolean;
}

/** Negative: `a` goes first. */
function compare(a: Ranked, b: Ranked, nowMs: number): number {
  return (
    assigned(a.pod) - assigned(b.pod) ||
    phaseOrder(a.pod) - phaseOrder(b.pod) ||
    Number(isPodReady(a.pod)) - Number(isPodReady(b.pod)) ||
    Number(a.available) - Number(b.available) ||
    deletionCost(a.pod) - deletionCost(b.pod) ||
    b.neighbours - a.neighbours ||
    (isPodReady(a.pod) && isPodReady(b.pod) ? youngerFirst([a.pod, b.pod], readySinceMs, nowMs) : 0) ||
    restarts(b.pod) - restarts(a.pod) ||
    youngerFirst([a.pod, b.pod], createdMs, nowMs)
  );
}

function assigned(pod: Pod): number {
  return (pod.spec.nodeName ?? "") === "" ? 0 : 1;
}

function phaseOrder(pod: Pod): number {
  switch (pod.status?.phase) {
    case "Running":
      return 2;
    case "Unknown":
      return 1;
    default:
      return 0;
  }
}

function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCostAnnotation];
  return text !== undefined && /^-?(0|[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

function createdMs(pod: Pod): number | undefined {
  return timeMs(pod.metadata.creationTimestamp);
}

/** An unknown time counts as just now. Of two ages of the same order of magnitude, the uid decides. */
function youngerFirst([a, b]: readonly [Pod, Pod], timeOf: (pod: Pod) => number | undefined, nowMs: number): number {
  const [timeA, timeB] = [timeOf(a), timeOf(b)];
  if (timeA === timeB) return 0;
  if (timeA === undefined) return -1;
  if (timeB === undefined) return 1;
  const byMagnitude = magnitude(nowMs - timeA) - magnitude(nowMs - timeB);
  if (byMagnitude !== 0) return byMagnitude;
  return (a.metadata.uid ?? "") < (b.metadata.uid ?? "") ? -1 : 1;
}

/** Decimal digits of the age in nanoseconds. */
function magnitude(ageMs: number): number {
  return ageMs <= 0 ? -1 : Math.floor(Math.log10(ageMs * 1e6));
}
