/** The phase of a pod from the states of its containers. Upstream: pkg/kubelet/kubelet_pods.go (getPhase) */
import type { Container, ContainerStatus, Pod } from "../../schema/shapes/core.v1.ts";
import { isSidecar, restartsAfter } from "../pod/restarts.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

type Statuses = ReadonlyMap<string, ContainerStatus>;

/** `over`: no container runs any more and none will. */
export function phaseOf(pod: Pod, statuses: Statuses, over: boolean): Phase {
  const init = initPhase(pod, statuses);
  if (init !== undefined && !hasBegun(pod, statuses)) return over && init === "Pending" ? "Failed" : init;
  const mains = tally(pod.spec.containers, statuses);
  const sidecars = tally((pod.spec.initContainers ?? []).filter(isSidecar), statuses);
  if (over) return mains.ended.length === mains.total && mains.ended.every((exitCode) => exitCode === 0) ? "Succeeded" : "Failed";
  if (mains.waiting > 0) return "Pending";
  if (mains.running > 0 || sidecars.running > 0) return "Running";
  if (mains.ended.length === 0) return "Pending";
  const restarting = pod.spec.containers.some((container) => {
    const exitCode = exitCodeOf(statuses.get(container.name));
    return exitCode !== undefined && restartsAfter(pod, container, exitCode);
  });
  if (restarting) return "Running";
  return mains.ended.every((exitCode) => exitCode === 0) ? "Succeeded" : "Failed";
}

/** Undefined: initialisation is behind it. */
function initPhase(pod: Pod, statuses: Statuses): "Pending" | "Failed" | undefined {
  let pending = false;
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.get(container.name);
    if (isSidecar(container)) {
      pending ||= status?.started !== true;
      continue;
    }
    const exitCode = status?.state?.terminated?.exitCode;
    if (exitCode === 0) continue;
    if (exitCode !== undefined && !restartsAfter(pod, container, exitCode)) return "Failed";
    pending = true;
  }
  return pending ? "Pending" : undefined;
}

/** Whether a main container has run: then the pod counts as initialised. */
export function hasBegun(pod: Pod, statuses: Statuses): boolean {
  return pod.spec.containers.some((container) => {
    const status = statuses.get(container.name);
    return status?.state?.running !== undefined || exitCodeOf(status) !== undefined;
  });
}

function exitCodeOf(status: ContainerStatus | undefined): number | undefined {
  return status?.state?.terminated?.exitCode ?? (status?.state?.waiting === undefined ? undefined : status.lastState?.terminated?.exitCode);
}

interface Tally {
  readonly total: number;
  running: number;
  waiting: number;
  readonly ended: number[];
}

function tally(containers: readonly Container[], statuses: Statuses): Tally {
  const out: Tally = { total: containers.length, running: 0, waiting: 0, ended: [] };
  for (const container of containers) {
    const status = statuses.get(container.name);
    const exitCode = exitCodeOf(status);
    if (status?.state?.running !== undefined) out.running += 1;
    else if (exitCode !== undefined) out.ended.push(exitCode);
    else out.waiting += 1;
  }
  return out;
}
