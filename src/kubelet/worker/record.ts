/**
 * What the kubelet knows of one pod on its node: its sandbox, its containers' attempts, its probes' verdicts and what is under way.
 * The plan reads it, the worker and its tasks write it.
 */
import type { Container, Pod, ResourceRequirements } from "../../schema/shapes/core.v1.ts";
import { isSidecar } from "../pod/restarts.ts";
import type { ContainerStatus, PodSandboxConfig, SandboxStatus } from "../ports/runtime.ts";
import type { BackOff, Retry } from "./backOff.ts";

type Role = "init" | "sidecar" | "main" | "ephemeral";

interface Waiting {
  readonly reason: string;
  readonly message: string;
  readonly sinceMs: number;
}

export interface ContainerRecord {
  readonly name: string;
  readonly role: Role;
  /** The newest attempt. */
  current: ContainerStatus | undefined;
  /** The attempt before it, which has ended. */
  last: ContainerStatus | undefined;
  /** The attempt that is being started and isn't shown yet. */
  startingId: string | undefined;
  /** Why it doesn't run: a failed start, or a back-off. */
  waiting: Waiting | undefined;
  /** A failed start is tried again then. */
  retry: Retry | undefined;
  crashes: BackOff | undefined;
  pulls: BackOff | undefined;
  /** The image as the pod named it when this attempt was started. */
  image: string;
  /** What this attempt has, in the pod's words. */
  resources: ResourceRequirements | undefined;
  /** Stopped to be started again, whatever its exit code. */
  restarting: boolean;
  /** The startup probe has passed, or there is none. */
  started: boolean;
  ready: boolean;
  unhealthy: "liveness" | "startup" | undefined;
}

/** Why and until when a pod is being stopped. */
export interface Stopping {
  cause: "deleted" | "failed" | "finished";
  /** When the grace is over. */
  graceUntilMs: number;
}

/** A verdict on the whole pod that its containers don't show: rejected, deadline passed, evicted. */
interface Verdict {
  readonly reason: string;
  readonly message: string;
  /** Never admitted: it has no containers to report. */
  readonly rejected: boolean;
}

/** What is under way; at most one of each. `start` is one at a time over all containers, as upstream starts them in order. */
export type Task = "sandbox" | "volumes" | "start" | "resize" | "tearDown" | "release" | `stop ${string}`;

/** How far the pod's wish for other resources has come. */
interface Resize {
  /** Not granted, and why. */
  pending: { readonly reason: "Deferred" | "Infeasible"; readonly message: string; readonly generation: number } | undefined;
  /** Granted; `error` is empty as long as nothing went wrong. */
  started: { readonly generation: number; readonly error: string } | undefined;
  /** Containers or the pod's group may have other resources than were granted. */
  isDue: boolean;
}

export interface PodRecord {
  sandbox: SandboxStatus | undefined;
  nextSandboxAttempt: number;
  sandboxRetry: Retry | undefined;
  /** As the pod's group is, and what the pod says of itself that it was made from. */
  cgroup: PodSandboxConfig["cgroup"] | undefined;
  whole: ResourceRequirements | undefined;
  resize: Resize;
  resizeRetry: Retry | undefined;
  volumesReady: boolean;
  volumesRetry: Retry | undefined;
  readonly containers: Map<string, ContainerRecord>;
  readonly busy: Set<Task>;
  stopping: Stopping | undefined;
  verdict: Verdict | undefined;
  /** The address stays in the status after the sandbox is gone. */
  ip: string;
  startedAtMs: number;
  tornDown: boolean;
  released: boolean;
  /** An event has said that limits aren't enforced. */
  limitsTold: boolean;
}

function newContainerRecord(name: string, role: Role): ContainerRecord {
  return {
    name,
    role,
    current: undefined,
    last: undefined,
    startingId: undefined,
    waiting: undefined,
    retry: undefined,
    crashes: undefined,
    pulls: undefined,
    image: "",
    resources: undefined,
    restarting: false,
    started: false,
    ready: false,
    unhealthy: undefined,
  };
}

export function newPodRecord(startedAtMs: number): PodRecord {
  return {
    sandbox: undefined,
    nextSandboxAttempt: 0,
    sandboxRetry: undefined,
    cgroup: undefined,
    whole: undefined,
    resize: { pending: undefined, started: undefined, isDue: false },
    resizeRetry: undefined,
    volumesReady: false,
    volumesRetry: undefined,
    containers: new Map(),
    busy: new Set(),
    stopping: undefined,
    verdict: undefined,
    ip: "",
    startedAtMs,
    tornDown: false,
    released: false,
    limitsTold: false,
  };
}

function roleOf(pod: Pod, name: string): Role {
  const init = pod.spec.initContainers?.find((container) => container.name === name);
  if (init !== undefined) return isSidecar(init) ? "sidecar" : "init";
  return pod.spec.containers.some((container) => container.name === name) ? "main" : "ephemeral";
}

export function specOf(pod: Pod, name: string): Container | undefined {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  return [...containers, ...initContainers, ...ephemeralContainers].find((container) => container.name === name);
}

/** The record of a container, made when missing. */
export function recordOf(pod: Pod, record: PodRecord, name: string): ContainerRecord {
  let found = record.containers.get(name);
  if (found === undefined) {
    found = newContainerRecord(name, roleOf(pod, name));
    record.containers.set(name, found);
  }
  return found;
}

/** Takes over what the runtime says of an attempt; news about an older attempt or from before an exit is ignored. */
export function applyStatus(record: ContainerRecord, status: ContainerStatus): void {
  const { current } = record;
  if (current === undefined || status.attempt > current.attempt) {
    record.last = current ?? record.last;
    record.current = status;
    record.waiting = undefined;
    record.unhealthy = undefined;
    record.restarting = false;
    return;
  }
  if (status.id === current.id && current.state !== "exited") record.current = status;
}

export function isRunning(record: ContainerRecord | undefined): boolean {
  return record?.current?.state === "running";
}
