/**
 * One pod's loop: look at what is known, plan, begin what is to be done, tell the API; again after every change. Planning is serial; what
 * was begun runs beside it and comes back as a change.
 * Upstream: pkg/kubelet/pod_workers.go, pkg/kubelet/kubelet.go (SyncPod)
 */
import { assertNever } from "../../base/assert.ts";
import { isPodTerminal } from "../../machinery/pods.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { PodObjects } from "../objects/podObjects.ts";
import { type Allocation, asGranted } from "../pod/allocation.ts";
import type { PodFacts } from "../pod/fieldRefs.ts";
import { podRequests } from "../pod/resources.ts";
import type { ContainerStatus } from "../ports/runtime.ts";
import { isOver, podStatus, rejectedStatus } from "../status/podStatus.ts";
import { StatusWriter } from "../status/statusWriter.ts";
import { PodVolumes } from "../volumes/podVolumes.ts";
import { PodTokens } from "../volumes/tokens.ts";
import type { Action } from "./action.ts";
import { localStorageOf, overLocalStorage } from "./localStorage.ts";
import { createSandbox, release, setUpVolumes, tearDown } from "./foundation.ts";
import { showCrashLoop, showPullBackOff } from "./heldBack.ts";
import type { Kit, PodScene, StopInProgress } from "./kit.ts";
import { plan } from "./plan.ts";
import { asksAnew, downwardChanged } from "./podChange.ts";
import { podText, withKind } from "./podText.ts";
import { PodProbes } from "./podProbes.ts";
import { applyStatus, isRunning, newPodRecord, recordOf, type ContainerRecord, type PodRecord, type Task } from "./record.ts";
import { recover, type Found } from "./recovery.ts";
import { ResizeDecision } from "./resizeDecision.ts";
import { resizePod } from "./resize.ts";
import { startContainer } from "./startContainer.ts";
import { podGraceMs, StopRun } from "./stopContainer.ts";
import { Tasks } from "./tasks.ts";
import { terminationMessage } from "./terminationMessage.ts";

/** For pods whose object vanished without a word. */
const vanishedGraceMs = 2000;
const evictionGraceMs = 1000;
const brokenRetryMs = 10_000;

export interface WorkerEvents {
  /** A sandbox of this pod is up: its containers' events are for this worker. */
  onSandbox(id: string): void;
  /** Nothing of the pod is left on the node. */
  onReleased(): void;
}

export class PodWorker implements PodScene {
  readonly kit: Kit;
  readonly record: PodRecord;
  readonly volumes: PodVolumes;
  readonly tokens: PodTokens;
  readonly status: StatusWriter;
  readonly stops: Map<string, StopInProgress> = new Map();
  objects: PodObjects;
  pod: Pod;
  private readonly events: WorkerEvents;
  private readonly probes: PodProbes;
  private readonly starts = new AbortController();
  private readonly tasks: Tasks;
  private readonly closing = new AbortController();
  private timer: { readonly atMs: number; readonly handle: Disposable } | undefined;
  private scheduled = false;
  private vanished = false;
  private asked: { readonly allocation: Allocation; readonly requests: ReadonlyMap<string, number> } | undefined;
  private readonly resizing: ResizeDecision;
  /** As the API has it; `pod` has what was granted in the place of what it asks for. */
  private wanted: Pod;
  /** Over before this kubelet saw it: its status is history. */
  private readonly wasOver: boolean;

  constructor(kit: Kit, pod: Pod, found: Found | undefined, events: WorkerEvents) {
    this.kit = kit;
    this.events = events;
    this.record = newPodRecord(kit.timers.clock.now());
    this.wasOver = isPodTerminal(pod);
    this.resizing = new ResizeDecision(kit, this.record, pod);
    this.wanted = pod;
    this.pod = asGranted(pod, this.resizing.allocation);
    this.volumes = new PodVolumes(kit.volumes);
    this.tokens = new PodTokens(kit.client, kit.timers.clock);
    this.status = new StatusWriter(kit, pod);
    this.objects = new PodObjects(kit.objects, pod, () => this.objectsChanged());
    this.probes = new PodProbes(this, () => this.wake());
    this.tasks = new Tasks(this, this.closing.signal, () => this.wake());
    if (found !== undefined) this.recoverFrom(found);
    if (this.wasOver) this.stop("finished", this.kit.timers.clock.now());
    this.considerDeletion();
    this.wake();
  }

  get uid(): string {
    return this.pod.metadata.uid ?? "";
  }

  /** What the pod asks of its node. */
  get requests(): ReadonlyMap<string, number> {
    const { allocation } = this.resizing;
    if (this.asked?.allocation !== allocation) this.asked = { allocation, requests: podRequests(asGranted(this.wanted, allocation)) };
    return this.asked.requests;
  }

  get isVanished(): boolean {
    return this.vanished;
  }

  /** The pod with its newest status, which the API may not have yet. */
  get shown(): Pod {
    return { ...withKind(this.pod), status: this.status.latest };
  }

  get running(): AbortSignal {
    return this.starts.signal;
  }

  facts(): PodFacts {
    const { node } = this.kit;
    const podIp = this.pod.spec.hostNetwork === true ? node.ip : this.record.ip;
    return { podIp, hostIp: node.ip, allocatable: node.allocatable };
  }

  /** The API's newest view of the pod. */
  update(pod: Pod): void {
    const before = this.pod;
    this.wanted = pod;
    this.pod = this.resizing.decide(pod);
    const foreign = this.status.observe(pod);
    this.considerDeletion();
    if (downwardChanged(before, pod) && this.record.stopping === undefined) this.record.volumesReady = false;
    // The echo of our own status writes asks for nothing.
    if (foreign || asksAnew(before, pod)) this.wake();
  }

  /** There may be room now for what it asks. */
  retryResize(): void {
    if (this.pod === this.wanted) return;
    this.pod = this.resizing.decide(this.wanted);
    this.wake();
  }

  /** The object is gone: whatever still runs has no right to. */
  vanish(): void {
    this.vanished = true;
    this.status.close();
    const { stopping } = this.record;
    if (stopping !== undefined) stopping.cause = "deleted";
    const nowMs = this.kit.timers.clock.now();
    const left = this.pod.metadata.deletionTimestamp === undefined ? vanishedGraceMs : undefined;
    this.stop("deleted", left === undefined ? (stopping?.graceUntilMs ?? nowMs + podGraceMs(this)) : nowMs + left);
    this.wake();
  }

  /** Refused by the node: never started, Failed at once. */
  reject(reason: string, message: string): void {
    this.record.verdict = { reason, message, rejected: true };
    this.record.tornDown = true;
    this.kit.events.event(withKind(this.pod), "Warning", reason, message);
    this.stop("failed", this.kit.timers.clock.now());
    this.wake();
  }

  /** Something may have changed: plans in this turn of the event loop's microtasks, once. */
  wake(): void {
    if (this.scheduled || this.closing.signal.aborted) return;
    this.scheduled = true;
    queueMicrotask(() => this.step());
  }

  /** Asks the runtime how this attempt is now. */
  async refresh(containerId: string): Promise<void> {
    const status = await this.kit.runtime.containers.status(containerId);
    if (status !== undefined) await this.learn(status);
  }

  /** It ended by itself. */
  loseSandbox(id: string): void {
    const { sandbox } = this.record;
    if (sandbox?.id !== id) return;
    this.record.sandbox = { ...sandbox, state: "notReady" };
    this.wake();
  }

  /** Compares with a whole list of the runtime: what died unnoticed is noticed here. */
  async relist(found: Found): Promise<void> {
    if (this.record.busy.size > 0) return;
    const { sandbox } = this.record;
    if (sandbox?.state === "ready") {
      const told = found.sandboxes.find((candidate) => candidate.id === sandbox.id);
      if (told?.state !== "ready") this.loseSandbox(sandbox.id);
    }
    for (const own of this.record.containers.values()) {
      const { current } = own;
      if (current?.state !== "running") continue;
      const told = found.containers.find((candidate) => candidate.id === current.id);
      if (told?.state !== "running") await this.learn(told ?? lost(current, this.kit.timers.clock.now()));
    }
    await this.evictOvergrown();
    this.wake();
  }

  private async evictOvergrown(): Promise<void> {
    if (this.record.stopping !== undefined) return;
    const message = (await this.volumes.overgrown(this.pod)) ?? (await overLocalStorage(this.pod, localStorageOf(this)));
    if (message === undefined || this.record.stopping !== undefined) return;
    this.record.verdict = { reason: "Evicted", message, rejected: false };
    this.kit.events.event(withKind(this.pod), "Warning", "Evicted", message);
    this.stop("failed", this.kit.timers.clock.now() + evictionGraceMs);
  }

  [Symbol.dispose](): void {
    this.closing.abort(new Error("the kubelet stops"));
    this.starts.abort(this.closing.signal.reason);
    this.timer?.handle[Symbol.dispose]();
    this.probes[Symbol.dispose]();
    this.objects[Symbol.dispose]();
    this.status.close();
  }

  private recoverFrom(found: Found): void {
    const { runtime, timers } = this.kit;
    const useless = recover(this.pod, this.record, found, timers.clock.now());
    for (const sandbox of useless) void runtime.sandboxes.stop(sandbox.id).then(() => runtime.sandboxes.remove(sandbox.id));
    for (const own of this.record.containers.values()) this.probes.sync(own);
  }

  private async learn(status: ContainerStatus): Promise<void> {
    const own = recordOf(this.pod, this.record, status.name);
    if (own.startingId === status.id && status.state !== "exited") return;
    const full = status.state === "exited" ? await terminationMessage(this, status) : status;
    applyStatus(own, full);
    if (full.state === "exited") this.stops.get(own.name)?.exited();
    this.wake();
  }

  private considerDeletion(): void {
    const { deletionTimestamp, deletionGracePeriodSeconds } = this.pod.metadata;
    if (deletionTimestamp === undefined) return;
    const graceMs = deletionGracePeriodSeconds === undefined ? podGraceMs(this) : deletionGracePeriodSeconds * 1000;
    this.stop("deleted", this.kit.timers.clock.now() + graceMs);
  }

  /** Begins to stop, or hurries when the grace became shorter. */
  private stop(cause: "deleted" | "failed" | "finished", graceUntilMs: number): void {
    const { stopping } = this.record;
    if (stopping === undefined) {
      this.record.stopping = { cause, graceUntilMs };
      this.probes.stopKilling();
      this.starts.abort(new Error("the pod is being stopped"));
      return;
    }
    if (graceUntilMs >= stopping.graceUntilMs) return;
    stopping.graceUntilMs = graceUntilMs;
    for (const run of this.stops.values()) run.hurry();
  }

  private objectsChanged(): void {
    if (this.record.stopping !== undefined) return;
    this.record.volumesReady = false;
    this.record.volumesRetry = undefined;
    for (const own of this.record.containers.values()) {
      if (own.waiting?.reason === "CreateContainerConfigError") own.retry = undefined;
    }
    this.wake();
  }

  private step(): void {
    this.scheduled = false;
    if (this.closing.signal.aborted || this.record.released) return;
    try {
      this.look();
    } catch (error) {
      // One pod that can't be worked out must not end the others.
      this.kit.log.error("a pod can't be worked out, will retry", { pod: podText(this.pod), error: String(error) });
      this.wakeAt(this.kit.timers.clock.now() + brokenRetryMs);
    }
  }

  private look(): void {
    for (const own of this.record.containers.values()) this.probes.sync(own);
    for (const action of plan(this.pod, this.record, this.kit.timers.clock.now())) this.begin(action);
    this.publish();
  }

  private publish(): void {
    if (this.wasOver || this.vanished) return;
    const { verdict, startedAtMs, busy, tornDown } = this.record;
    // The final status is written once, together with the sandbox's end, which begins as soon as the last task is done.
    if (isOver(this.record) && !tornDown && !busy.has("tearDown")) return;
    const { node, timers } = this.kit;
    const status =
      verdict?.rejected === true
        ? rejectedStatus(this.pod, verdict.reason, verdict.message, startedAtMs)
        : podStatus(this.pod, this.record, this.status.latest, {
            nodeIp: node.ip,
            runtimeName: node.runtimeName,
            nowMs: timers.clock.now(),
          });
    this.status.write(status);
  }

  private begin(action: Action): void {
    switch (action.type) {
      case "setUpVolumes":
        return this.run("volumes", () => this.setUpVolumes());
      case "createSandbox":
        return this.run("sandbox", () => this.createSandbox());
      case "start":
        return this.run("start", () => startContainer(this, action.name));
      case "stop":
        return this.run(`stop ${action.name}`, () => this.stopContainer(recordOf(this.pod, this.record, action.name), action));
      case "resize":
        return this.run("resize", () => resizePod(this));
      case "tearDown":
        return this.run("tearDown", () => tearDown(this));
      case "release":
        return this.run("release", () => this.release());
      case "crashLoop":
        showCrashLoop(this, recordOf(this.pod, this.record, action.name));
        return this.wakeAt(action.untilMs);
      case "pullBackOff":
        return this.wakeAt(showPullBackOff(this, recordOf(this.pod, this.record, action.name)));
      case "finish":
        return this.over("finished");
      case "fail":
        this.record.verdict = { reason: action.reason, message: action.message, rejected: false };
        this.kit.events.event(withKind(this.pod), "Warning", action.reason, action.message);
        return this.over("failed");
      case "wake":
        return this.wakeAt(action.atMs);
      default:
        return assertNever(action);
    }
  }

  private over(cause: "failed" | "finished"): void {
    this.stop(cause, this.kit.timers.clock.now() + podGraceMs(this));
    this.wake();
  }

  private run(task: Task, work: () => Promise<void>): void {
    this.tasks.run(task, work);
  }

  private async createSandbox(): Promise<void> {
    await createSandbox(this);
    if (this.record.sandbox !== undefined) this.events.onSandbox(this.record.sandbox.id);
  }

  private async setUpVolumes(): Promise<void> {
    await setUpVolumes(this);
    const { renewAtMs } = this.tokens;
    if (renewAtMs === undefined) return;
    this.kit.timers.at(renewAtMs, () => {
      if (this.closing.signal.aborted || this.record.stopping !== undefined) return;
      this.record.volumesReady = false;
      this.wake();
    });
  }

  private async stopContainer(own: ContainerRecord, action: Action & { type: "stop" }): Promise<void> {
    const id = own.current?.id ?? "";
    own.restarting = action.why === "resize" || action.why === "definition";
    const run = new StopRun(this, own, action.why);
    this.stops.set(own.name, run);
    try {
      await run.run();
      await this.refresh(id);
      if (own.current?.id === id && isRunning(own)) throw new Error(`container ${own.name} still runs after it was stopped`);
    } finally {
      this.stops.delete(own.name);
    }
  }

  private async release(): Promise<void> {
    await release(this, this.vanished);
    this.events.onReleased();
  }

  /** One timer per worker, for the earliest moment that a plan asked for. */
  private wakeAt(atMs: number): void {
    if (this.timer !== undefined && this.timer.atMs <= atMs && this.timer.atMs > this.kit.timers.clock.now()) return;
    this.timer?.handle[Symbol.dispose]();
    const handle = this.kit.timers.at(atMs, () => {
      this.timer = undefined;
      this.wake();
    });
    this.timer = { atMs, handle };
  }
}

function lost(status: ContainerStatus, nowMs: number): ContainerStatus {
  const message = "The container could not be located when the pod was terminated";
  return { ...status, state: "exited", finishedAtMs: nowMs, exitCode: 137, reason: "ContainerStatusUnknown", message };
}
