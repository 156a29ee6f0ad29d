/** What `kubectl get pods` shows. Upstream: pkg/printers/internalversion/printers.go (printPod) */
import { conditionTrue } from "../../../machinery/conditions.ts";
import type { Column } from "../../../machinery/kind.ts";
import { isPodReady, isPodTerminal, isPodTerminating } from "../../../machinery/pods.ts";
import { humanDuration, timeMs } from "../../../machinery/time.ts";
import type { ContainerStateTerminated, ContainerStatus, Pod } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column, wideColumn } from "../../columns.ts";

export const podColumns: readonly Column<Pod>[] = [
  column("Ready", "Containers that serve, of all", (pod) => summaryOf(pod).ready),
  column("Status", "What its containers are doing, taken together", (pod) => summaryOf(pod).status),
  column("Restarts", "How often its containers started again, and when last", (pod, now) => restartsText(summaryOf(pod), now)),
  ageColumn(),
  wideColumn("IP", "Its first address", (pod) => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || "<none>"),
  wideColumn("Node", "Where it runs", (pod) => pod.spec.nodeName || "<none>"),
  wideColumn("Nominated Node", "Where it will run once others have made room", (pod) => pod.status?.nominatedNodeName || "<none>"),
  wideColumn("Readiness Gates", "Conditions beyond its containers that hold, of those asked for", readinessGates),
];

interface Restarts {
  count: number;
  lastMs: number;
}
interface Summary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: Restarts;
}

function summaryOf(pod: Pod): Summary {
  const init = initSummary(pod);
  const sidecars = sidecarNames(pod);
  const total = pod.spec.containers.length + sidecars.size;
  const initialized = !init.busy || conditionTrue(pod.status?.conditions, "Initialized");
  const main = initialized ? mainSummary(pod, init) : init;
  return { ready: `${main.ready}/${total}`, status: deletionStatus(pod) ?? main.status, restarts: main.restarts };
}

interface Progress {
  status: string;
  ready: number;
  restarts: Restarts;
  sidecarRestarts: Restarts;
  busy: boolean;
}

/** Stops at the first init container that has yet to finish. */
function initSummary(pod: Pod): Progress {
  const sidecars = sidecarNames(pod);
  const progress: Progress = { status: statusBefore(pod), ready: 0, restarts: none(), sidecarRestarts: none(), busy: false };
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [i, container] of statuses.entries()) {
    countRestarts(progress.restarts, container);
    const sidecar = sidecars.has(container.name);
    if (sidecar) countRestarts(progress.sidecarRestarts, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) progress.ready += 1;
      continue;
    }
    progress.status = initStatus(container) ?? `Init:${i}/${pod.spec.initContainers?.length ?? 0}`;
    progress.busy = true;
    break;
  }
  return progress;
}

function initStatus({ state }: ContainerStatus): string | undefined {
  if (state?.terminated !== undefined) return `Init:${terminatedText(state.terminated)}`;
  const waiting = state?.waiting?.reason ?? "";
  return waiting === "" || waiting === "PodInitializing" ? undefined : `Init:${waiting}`;
}

function mainSummary(pod: Pod, init: Progress): Progress {
  const progress: Progress = { ...init, restarts: init.sidecarRestarts };
  let running = false;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(progress.restarts, container);
    const { waiting, terminated } = container.state ?? {};
    if (waiting?.reason) progress.status = waiting.reason;
    else if (terminated !== undefined) progress.status = terminatedText(terminated);
    else if (container.ready && container.state?.running !== undefined) {
      running = true;
      progress.ready += 1;
    }
  }
  if (progress.status === "Completed" && running) progress.status = isPodReady(pod) ? "Running" : "NotReady";
  return progress;
}

function terminatedText({ reason, signal, exitCode }: ContainerStateTerminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function statusBefore({ status }: Pod): string {
  if (status?.conditions?.some((c) => c.type === "PodScheduled" && c.reason === "SchedulingGated")) return "SchedulingGated";
  return status?.reason || status?.phase || "";
}

function deletionStatus(pod: Pod): string | undefined {
  if (!isPodTerminating(pod)) return undefined;
  if (pod.status?.reason === "NodeLost") return "Unknown";
  return isPodTerminal(pod) ? undefined : "Terminating";
}

function sidecarNames(pod: Pod): Set<string> {
  return new Set((pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always").map((c) => c.name));
}

function none(): Restarts {
  return { count: 0, lastMs: -Infinity };
}

function countRestarts(sum: Restarts, container: ContainerStatus): void {
  sum.count += container.restartCount;
  sum.lastMs = Math.max(sum.lastMs, timeMs(container.lastState?.terminated?.finishedAt) ?? -Infinity);
}

function restartsText({ restarts }: Summary, now: number): string {
  if (restarts.count === 0 || restarts.lastMs === -Infinity) return String(restarts.count);
  return `${restarts.count} (${humanDuration(now - restarts.lastMs)} ago)`;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const open = gates.filter((gate) => conditionTrue(pod.status?.conditions, gate.conditionType));
  return `${open.length}/${gates.length}`;
}
