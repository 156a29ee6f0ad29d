/**
 * Which pods count for a workload: alive, ready, available. Upstream: pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go
 */
import { conditionOf } from "../../machinery/conditions.ts";
import { isPodReady, isPodTerminal, isPodTerminating } from "../../machinery/pods.ts";
import { timeMs } from "../../machinery/time.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";

/** Neither over nor going. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && !isPodTerminating(pod);
}

/** Since when it is ready; undefined while it isn't. */
export function readySinceMs(pod: Pod): number | undefined {
  const ready = conditionOf(pod.status?.conditions, "Ready");
  return ready?.status === "True" ? timeMs(ready.lastTransitionTime) : undefined;
}

/** Ready for long enough to be trusted. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  return isPodReady(pod) && availableInMs(pod, minReadySeconds, nowMs) === 0;
}

/** How long until a ready pod counts as available: 0 now, undefined while it isn't ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isPodReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  const since = readySinceMs(pod);
  if (since === undefined) return undefined;
  // Strictly later than the second in which it became ready and the wait are over.
  return Math.max(0, since + minReadySeconds * 1000 + 1 - nowMs);
}
