/**
 * The scheduler: gives every pod that asks for it a node. A client of the API like any other.
 * Left out: scheduler profiles and extenders, volume binding (claims are bound without regard to nodes), dynamic resources.
 * Upstream: pkg/scheduler/scheduler.go, schedule_one.go
 */
import { sleep, type Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Rng } from "../base/rng.ts";
import type { Client, EventRecorder } from "../client/client.ts";
import type { InformerFactory } from "../client/informer.ts";
import { isApiError } from "../machinery/status.ts";
import { announceFailure, bind, type Failure } from "./binding.ts";
import { ClusterWatch } from "./clusterWatch.ts";
import { type Decider, decide, type Decision } from "./cycle/decide.ts";
import { noNodesMessage } from "./cycle/diagnosis.ts";
import { preempt } from "./cycle/preemption.ts";
import { evict, type Eviction } from "./eviction.ts";
import type { Scene } from "./plugin.ts";
import { defaultPlugins } from "./plugins/registry.ts";
import { type QueuedPod, SchedulingQueue } from "./queue/schedulingQueue.ts";
import { SchedulerCache } from "./state/cache.ts";
import { workloadListers, workloadsFrom, type Workloads } from "./state/workloads.ts";

export interface SchedulerDeps {
  readonly client: Client;
  readonly informers: InformerFactory;
  /** Records as `default-scheduler`. */
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
}

export interface SchedulerOptions {
  /** Pods with this `spec.schedulerName` are ours. Default `default-scheduler`. */
  readonly schedulerName?: string | undefined;
}

/** Bindings and condition updates under way at the same time; further decisions wait. */
const maxUnderWay = 64;
/** Decisions after which others get a turn of the event loop. */
const decisionsPerTurn = 16;

/** Starts at once and runs until disposed; then it has nothing under way any more. */
export function startScheduler(deps: SchedulerDeps, options: SchedulerOptions = {}): AsyncDisposable {
  return new Scheduler(deps, options.schedulerName ?? "default-scheduler");
}

class Scheduler implements AsyncDisposable {
  private readonly deps: SchedulerDeps;
  private readonly cache = new SchedulerCache();
  private readonly queue: SchedulingQueue;
  private readonly workloads: Workloads;
  private readonly watch: ClusterWatch;
  private readonly decider: Decider;
  private readonly stop = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  /** Pods for which others are being deleted. */
  private readonly evicting = new Set<string>();
  private readonly running: Promise<void>;

  constructor(deps: SchedulerDeps, schedulerName: string) {
    this.deps = deps;
    this.queue = new SchedulingQueue(deps.clock);
    this.workloads = workloadsFrom(workloadListers(deps.informers));
    this.decider = { plugins: defaultPlugins, rng: deps.rng, nextNode: 0 };
    this.watch = new ClusterWatch({ cache: this.cache, queue: this.queue, plugins: defaultPlugins, schedulerName }, deps.informers);
    this.running = this.run().catch((error: unknown) => {
      if (!this.stop.signal.aborted) deps.log.error("the scheduler stopped", { error: String(error) });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort(new Error("the scheduler was stopped"));
    this.watch[Symbol.dispose]();
    this.queue[Symbol.dispose]();
    await this.running;
    await Promise.all(this.underWay);
  }

  private async run(): Promise<void> {
    const { signal } = this.stop;
    await this.deps.informers.synced(signal);
    for (let decisions = 1; !signal.aborted; decisions += 1) {
      await this.queue.ready(signal);
      while (this.underWay.size >= maxUnderWay) await Promise.race(this.underWay);
      const queued = signal.aborted ? undefined : this.queue.pop();
      if (queued !== undefined) this.scheduleOne(queued);
      if (decisions % decisionsPerTurn === 0) await sleep(this.deps.clock, 0, signal);
    }
  }

  private scheduleOne(queued: QueuedPod): void {
    const { info } = queued;
    if (info.pod.metadata.deletionTimestamp !== undefined) {
      const message = `skip schedule deleting pod: ${info.namespace}/${info.name}`;
      this.deps.events.event(info.pod, "Warning", "FailedScheduling", message);
      return;
    }
    if (this.evicting.has(info.uid)) {
      // Room is being made for it; it is tried again when that is done.
      this.queue.reject(queued, new Set());
      return;
    }
    const decision = decide(this.sceneOf(queued), this.decider);
    if (decision.kind === "node") {
      this.cache.assume(info, decision.node.name);
      this.track(this.bindTo(queued, decision.node.name));
    } else this.rejected(queued, decision);
  }

  private sceneOf({ info }: QueuedPod): Scene {
    return { info, cache: this.cache, workloads: this.workloads };
  }

  private rejected(queued: QueuedPod, decision: Exclude<Decision, { kind: "node" }>): void {
    const { info } = queued;
    if (decision.kind === "noNodes") {
      this.queue.reject(queued, new Set(defaultPlugins.map(({ name }) => name)));
      this.track(this.announce(queued, { reason: "Unschedulable", message: noNodesMessage }));
      return;
    }
    const { diagnosis } = decision;
    const preemption = preempt(this.sceneOf(queued), defaultPlugins, diagnosis);
    this.queue.reject(queued, diagnosis.plugins);
    if (preemption.kind === "evict") {
      this.cache.nominate(info, preemption.node);
      this.evicting.add(info.uid);
      this.track(this.makeRoom(queued, preemption));
      this.track(this.announce(queued, { reason: "Unschedulable", message: diagnosis.message(""), nominated: preemption.node }));
      return;
    }
    if (!preemption.keepsHope) this.cache.nominate(info, undefined);
    const nominated = preemption.keepsHope ? undefined : "";
    this.track(this.announce(queued, { reason: "Unschedulable", message: diagnosis.message(preemption.message), nominated }));
  }

  private async makeRoom({ info }: QueuedPod, eviction: Eviction): Promise<void> {
    try {
      await evict(this.deps, info, eviction);
    } catch (error) {
      if (!this.stop.signal.aborted)
        this.deps.log.warn("could not evict pods for a more important one", {
          pod: `${info.namespace}/${info.name}`,
          error: String(error),
        });
    }
    this.evicting.delete(info.uid);
    // What happened meanwhile was not looked at.
    this.queue.wake((queued) => queued.info.uid === info.uid && queued.rejectedBy.size === 0);
  }

  private async bindTo(queued: QueuedPod, node: string): Promise<void> {
    const { info } = queued;
    try {
      await bind(this.deps, info, node);
    } catch (error) {
      this.watch.bindingFailed(info);
      if (isApiError(error, "NotFound")) return this.queue.remove(info.uid);
      if (this.stop.signal.aborted || this.queue.get(info.uid) !== queued) return;
      this.queue.retryLater(queued);
      const reason = error instanceof Error ? error.message : String(error);
      const message = `binding rejected: running Bind plugin "DefaultBinder": ${reason}`;
      await this.announce(queued, { reason: "SchedulerError", message });
    }
  }

  private async announce({ info }: QueuedPod, failure: Failure): Promise<void> {
    try {
      await announceFailure(this.deps, info, failure);
    } catch (error) {
      if (isApiError(error, "NotFound") || this.stop.signal.aborted) return;
      this.deps.log.warn("could not say why a pod has no node", { pod: `${info.namespace}/${info.name}`, error: String(error) });
    }
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }
}
