/**
 * The taints that follow from a node's conditions. Those of effect NoSchedule follow at once; NoExecute, which evicts, is decided elsewhere.
 * Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go (doNoScheduleTaintingPass)
 */
import { conditionOf } from "../../machinery/conditions.ts";
import type { Node, Taint } from "../../schema/shapes/core.v1.ts";

export const notReadyTaint = "node.kubernetes.io/not-ready";
export const unreachableTaint = "node.kubernetes.io/unreachable";
const unschedulableTaint = "node.kubernetes.io/unschedulable";

/** Condition, the status that counts, and the taint that follows. */
const taintRules: readonly (readonly [type: string, status: string, taint: string])[] = [
  ["Ready", "False", notReadyTaint],
  ["Ready", "Unknown", unreachableTaint],
  ["MemoryPressure", "True", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "True", "node.kubernetes.io/disk-pressure"],
  ["NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"],
  ["PIDPressure", "True", "node.kubernetes.io/pid-pressure"],
];
const followingKeys: ReadonlySet<string> = new Set([unschedulableTaint, ...taintRules.map(([, , taint]) => taint)]);

/** `no-execute` taint to carry: a key, none, or whatever is there now. */
export type NoExecute = typeof notReadyTaint | typeof unreachableTaint | "none" | "asIs";

/** The list that the node should carry, or undefined when it does already. `now` is an API time. */
export function taintsFor(node: Node, noExecute: NoExecute, now: string): Taint[] | undefined {
  const current = node.spec.taints ?? [];
  const wanted = [...noScheduleKeys(node).map((key) => ({ key, effect: "NoSchedule" })), ...noExecuteTaints(noExecute)];
  // Before the kubelet has said anything, the taint that the API server gave the new node stands.
  const silent = conditionOf(node.status?.conditions, "Ready") === undefined;
  const isOurs = (taint: Taint): boolean =>
    taint.effect === "NoSchedule"
      ? followingKeys.has(taint.key) && !(silent && taint.key === notReadyTaint)
      : noExecute !== "asIs" && isReadinessNoExecute(taint);
  const staying = current.filter((taint) => !isOurs(taint) || wanted.some((each) => sameTaint(each, taint)));
  const coming = wanted.filter((taint) => !current.some((each) => sameTaint(each, taint)));
  if (coming.length === 0 && staying.length === current.length) return undefined;
  return [...staying, ...coming.map((taint) => ({ ...taint, timeAdded: now }))];
}

export function isReadinessNoExecute({ key, effect }: Taint): boolean {
  return effect === "NoExecute" && (key === notReadyTaint || key === unreachableTaint);
}

function noScheduleKeys(node: Node): string[] {
  const keys = taintRules.filter(([type, status]) => conditionOf(node.status?.conditions, type)?.status === status).map(([, , key]) => key);
  return node.spec.unschedulable === true ? [...keys, unschedulableTaint] : keys;
}

function noExecuteTaints(noExecute: NoExecute): Taint[] {
  return noExecute === "none" || noExecute === "asIs" ? [] : [{ key: noExecute, effect: "NoExecute" }];
}

function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
