/**
 * The order in which a pod's containers stop: the main ones together, then the sidecars in reverse order, all at once when the grace is over.
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_termination_order.go
 */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { isSidecar } from "../pod/restarts.ts";
import type { Action } from "./action.ts";
import { isRunning, type PodRecord } from "./record.ts";

export function planStop(pod: Pod, record: PodRecord, nowMs: number): Action[] {
  const running = [...record.containers.values()].filter((container) => isRunning(container));
  const sidecars = running.filter((container) => container.role === "sidecar");
  const others = running.filter((container) => container.role !== "sidecar");
  const graceIsOver = record.stopping !== undefined && nowMs >= record.stopping.graceUntilMs;
  const victims = others.map((container) => container.name);
  if (others.length === 0 || graceIsOver) {
    const order = (pod.spec.initContainers ?? []).filter(isSidecar).map((container) => container.name);
    const names = order.filter((name) => sidecars.some((container) => container.name === name)).toReversed();
    victims.push(...(graceIsOver ? names : names.slice(0, 1)));
  }
  const actions: Action[] = victims
    .filter((name) => !record.busy.has(`stop ${name}`))
    .map((name) => ({ type: "stop", name, why: "podStopping" }));
  if (running.length > 0) {
    const waitsForGrace = others.length > 0 && sidecars.length > 0 && !graceIsOver && record.stopping !== undefined;
    if (waitsForGrace && record.stopping !== undefined) actions.push({ type: "wake", atMs: record.stopping.graceUntilMs });
    return actions;
  }
  return actions.concat(afterwards(pod, record));
}

/** Nothing runs any more. */
function afterwards(pod: Pod, record: PodRecord): Action[] {
  if (record.busy.size > 0) return [];
  if (!record.tornDown) return [{ type: "tearDown" }];
  const asked = record.stopping?.cause === "deleted" || pod.metadata.deletionTimestamp !== undefined;
  return asked && !record.released ? [{ type: "release" }] : [];
}
