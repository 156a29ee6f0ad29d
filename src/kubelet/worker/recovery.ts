/**
 * What a pod's record starts from when the kubelet finds it already begun: what still runs is adopted, what the API says ran and the runtime
 * no longer knows counts as ended.
 * Upstream: pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses, ContainerStatusUnknown)
 */
import { timeMs } from "../../machinery/time.ts";
import type { ContainerState, ContainerStateTerminated, ContainerStatus as ApiStatus, Pod } from "../../schema/shapes/core.v1.ts";
import { podCgroup, sameGroup } from "../pod/podCgroup.ts";
import type { ContainerStatus, SandboxStatus } from "../ports/runtime.ts";
import { recordOf, specOf, type PodRecord } from "./record.ts";

export interface Found {
  readonly sandboxes: readonly SandboxStatus[];
  readonly containers: readonly ContainerStatus[];
}

const lostExitCode = 137;
const lostReason = "ContainerStatusUnknown";
const lostMessage = "The container could not be located when the pod was terminated";

/** The id out of `coxswain-embedded://abc`. */
export function idOf(containerId: string | undefined): string {
  return containerId?.split("://")[1] ?? "";
}

/** Gives the sandboxes that are of no use any more. */
export function recover(pod: Pod, record: PodRecord, found: Found, nowMs: number): readonly SandboxStatus[] {
  const sandboxes = found.sandboxes.toSorted((a, b) => b.config.attempt - a.config.attempt);
  const [newest, ...older] = sandboxes;
  record.sandbox = newest;
  record.nextSandboxAttempt = newest === undefined ? 0 : newest.config.attempt + 1;
  record.cgroup = newest?.config.cgroup;
  record.whole = pod.spec.resources;
  // The sandbox tells how it was made; what was resized since then is set once more.
  record.resize.isDue = newest !== undefined && !sameGroup(newest.config.cgroup, podCgroup(pod));
  record.ip = newest?.ip ?? pod.status?.podIP ?? "";
  for (const status of apiStatuses(pod)) seed(pod, record, status, nowMs);
  for (const status of found.containers.toSorted((a, b) => a.attempt - b.attempt)) adopt(pod, record, status);
  return older;
}

function apiStatuses(pod: Pod): readonly ApiStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}

/** An attempt that the API knows: ended as it says, or lost if it ran. */
function seed(pod: Pod, record: PodRecord, status: ApiStatus, nowMs: number): void {
  if (specOf(pod, status.name) === undefined) return;
  const own = recordOf(pod, record, status.name);
  const attempt = status.restartCount;
  const last = endedAs(status, status.lastState, status.state?.waiting === undefined ? attempt - 1 : attempt, nowMs);
  const current = status.state?.waiting === undefined ? endedAs(status, status.state, attempt, nowMs) : last;
  own.current = current;
  own.last = current === last ? undefined : last;
  own.image = status.image;
}

function endedAs(status: ApiStatus, state: ContainerState | undefined, attempt: number, nowMs: number): ContainerStatus | undefined {
  const ended = state?.terminated ?? (state?.running === undefined ? undefined : lostState(state.running.startedAt, status.containerID));
  if (ended === undefined) return undefined;
  const startedAtMs = timeMs(ended.startedAt) ?? 0;
  return {
    id: idOf(ended.containerID ?? status.containerID),
    sandboxId: "",
    name: status.name,
    attempt,
    image: status.image,
    imageRef: status.imageID,
    state: "exited",
    createdAtMs: startedAtMs,
    startedAtMs,
    finishedAtMs: timeMs(ended.finishedAt) ?? nowMs,
    exitCode: ended.exitCode,
    signal: ended.signal ?? 0,
    reason: ended.reason ?? "",
    message: ended.message ?? "",
  };
}

function lostState(startedAt: string | undefined, containerID: string | undefined): ContainerStateTerminated {
  return { exitCode: lostExitCode, reason: lostReason, message: lostMessage, startedAt, containerID };
}

/** An attempt that the runtime knows replaces what was seeded for it. */
function adopt(pod: Pod, record: PodRecord, status: ContainerStatus): void {
  if (specOf(pod, status.name) === undefined) return;
  const own = recordOf(pod, record, status.name);
  if (own.current !== undefined && own.current.attempt < status.attempt) own.last = own.current;
  if (own.current === undefined || own.current.attempt <= status.attempt) own.current = status;
  else if (own.last === undefined || own.last.attempt <= status.attempt) own.last = status;
  own.image = status.image;
  own.resources = specOf(pod, status.name)?.resources ?? {};
  const told = apiStatuses(pod).find((candidate) => candidate.name === status.name);
  // Still ready until a probe says otherwise: a restart of the kubelet must not take pods out of their Services.
  own.ready = status.state === "running" && told?.ready === true && idOf(told.containerID) === status.id;
}
