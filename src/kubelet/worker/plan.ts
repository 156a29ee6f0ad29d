/**
 * What to do next for one pod: a pure function of its object, what is known of it on the node, and the time. Run again after every change;
 * it never asks for what is under way already.
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions), pkg/kubelet/pod_workers.go
 */
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";
import { initRestartsAfter, isSidecar, restartsAfter } from "../pod/restarts.ts";
import type { Action } from "./action.ts";
import { retryAt } from "./backOff.ts";
import { planStop } from "./planStop.ts";
import { canResizeNow, resizeStepOf } from "./resize.ts";
import { isRunning, type ContainerRecord, type PodRecord } from "./record.ts";

/** ErrImagePull is shown this long before it becomes ImagePullBackOff. */
const pullErrorShownMs = 3000;

export function plan(pod: Pod, record: PodRecord, nowMs: number): Action[] {
  if (record.stopping !== undefined) return planStop(pod, record, nowMs);
  if (isOver(pod, record)) return [{ type: "finish" }];
  const deadline = deadlineOf(pod, record);
  if (deadline !== undefined && nowMs >= deadline) {
    return [{ type: "fail", reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" }];
  }
  const actions = deadline === undefined ? [] : [wake(deadline)];
  actions.push(...foundation(record, nowMs));
  if (record.sandbox?.state === "ready" && record.volumesReady) actions.push(...new Planner(pod, record, nowMs).containers());
  if (record.sandbox?.state === "ready" && canResizeNow(pod, record)) {
    const retryMs = record.resizeRetry?.atMs ?? 0;
    actions.push(retryMs > nowMs ? wake(retryMs) : { type: "resize" });
  }
  return actions;
}

function wake(atMs: number): Action {
  return { type: "wake", atMs };
}

function deadlineOf(pod: Pod, record: PodRecord): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined ? undefined : record.startedAtMs + seconds * 1000;
}

/** Volumes and sandbox, side by side. */
function foundation(record: PodRecord, nowMs: number): Action[] {
  const actions: Action[] = [];
  const want = (task: "volumes" | "sandbox", retryMs: number | undefined, action: Action): void => {
    if (record.busy.has(task)) return;
    actions.push(retryMs !== undefined && retryMs > nowMs ? wake(retryMs) : action);
  };
  if (!record.volumesReady) want("volumes", record.volumesRetry?.atMs, { type: "setUpVolumes" });
  if (record.sandbox?.state !== "ready") want("sandbox", record.sandboxRetry?.atMs, { type: "createSandbox" });
  return actions;
}

/** Whether the pod is over by itself: an init container failed for good, or every main container ended for good. */
function isOver(pod: Pod, record: PodRecord): boolean {
  if (record.busy.has("start")) return false;
  for (const container of pod.spec.initContainers ?? []) {
    const current = record.containers.get(container.name)?.current;
    if (isSidecar(container) || current?.state !== "exited" || current.exitCode === 0) continue;
    if (!initRestartsAfter(pod, container, current.exitCode)) return true;
  }
  return pod.spec.containers.every((container) => {
    const { current, restarting } = record.containers.get(container.name) ?? {};
    return current?.state === "exited" && restarting !== true && !restartsAfter(pod, container, current.exitCode);
  });
}

class Planner {
  private readonly pod: Pod;
  private readonly record: PodRecord;
  private readonly nowMs: number;
  private readonly actions: Action[] = [];
  private starting: boolean;

  constructor(pod: Pod, record: PodRecord, nowMs: number) {
    this.pod = pod;
    this.record = record;
    this.nowMs = nowMs;
    this.starting = record.busy.has("start");
  }

  containers(): Action[] {
    for (const container of this.pod.spec.ephemeralContainers ?? []) {
      if (this.of(container)?.current === undefined) this.start(container);
    }
    if (this.initialise()) for (const container of this.pod.spec.containers) this.main(container);
    return this.actions;
  }

  private of(container: Container): ContainerRecord | undefined {
    return this.record.containers.get(container.name);
  }

  /** Moves the init containers on; true when the main containers may run. */
  private initialise(): boolean {
    const sandboxId = this.record.sandbox?.id;
    const begun = this.pod.spec.containers.some((container) => this.of(container)?.current?.sandboxId === sandboxId);
    for (const container of this.pod.spec.initContainers ?? []) {
      if (isSidecar(container)) {
        const up = this.sidecar(container);
        if (!up && !begun) return false;
      } else if (!begun && !this.initStep(container)) return false;
    }
    return true;
  }

  private initStep(container: Container): boolean {
    const record = this.of(container);
    const current = record?.current;
    const here = current !== undefined && current.sandboxId === this.record.sandbox?.id;
    if (here && current.state === "exited" && current.exitCode === 0) return true;
    if (!here || current.state !== "running") this.start(container);
    return false;
  }

  /** True when it is up and has started. */
  private sidecar(container: Container): boolean {
    const record = this.of(container);
    if (!isRunning(record)) {
      this.start(container);
      return false;
    }
    this.keep(container, record);
    return record?.started === true;
  }

  private main(container: Container): void {
    const record = this.of(container);
    const current = record?.current;
    if (current?.state === "running") this.keep(container, record);
    else if (current?.state !== "exited" || record?.restarting === true || restartsAfter(this.pod, container, current.exitCode))
      this.start(container);
  }

  /** Stops a running container that failed a probe, whose image was changed, or that takes other resources only from its start on. */
  private keep(container: Container, record: ContainerRecord | undefined): void {
    if (record === undefined || this.record.busy.has(`stop ${container.name}`)) return;
    const changed = record.image !== "" && record.image !== (container.image ?? "");
    const resizes = this.record.resize.isDue && resizeStepOf(container, record) === "restart";
    const why = changed ? "definition" : (record.unhealthy ?? (resizes ? "resize" : undefined));
    if (why !== undefined) this.actions.push({ type: "stop", name: container.name, why });
  }

  private start(container: Container): void {
    if (this.starting) return;
    const held = this.heldBack(container);
    this.actions.push(...held);
    if (held.length > 0) return;
    this.starting = true;
    this.actions.push({ type: "start", name: container.name });
  }

  private heldBack(container: Container): Action[] {
    const record = this.of(container);
    if (record === undefined) return [];
    const { retry, waiting, current } = record;
    if (retry !== undefined && retry.atMs > this.nowMs) return this.failedStart(container, record, retry.atMs);
    if (current?.state !== "exited" || record.role === "ephemeral") return [];
    const untilMs = retryAt(record.crashes, current.finishedAtMs);
    if (untilMs === undefined || untilMs <= this.nowMs) return [];
    return waiting?.reason === "CrashLoopBackOff" ? [wake(untilMs)] : [{ type: "crashLoop", name: container.name, untilMs }];
  }

  private failedStart(container: Container, record: ContainerRecord, retryMs: number): Action[] {
    if (record.waiting?.reason !== "ErrImagePull") return [wake(retryMs)];
    const shownUntilMs = record.waiting.sinceMs + pullErrorShownMs;
    return shownUntilMs <= this.nowMs ? [{ type: "pullBackOff", name: container.name }] : [wake(Math.min(shownUntilMs, retryMs))];
  }
}
