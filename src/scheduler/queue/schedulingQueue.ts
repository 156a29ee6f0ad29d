/**
 * Pods that wait for a node: ready to be tried, waiting out a back-off, or waiting until something happens that may help. Higher priority first,
 * then the longer wait. Pods with scheduling gates wait until the last gate is gone.
 * Upstream: pkg/scheduler/backend/queue/scheduling_queue.go
 */
import { assertNever } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { Heap } from "../../base/heap.ts";
import type { PodInfo } from "../state/podInfo.ts";

const initialBackoffMs = 1000;
const maxBackoffMs = 10_000;
/** A pod for which nothing happened this long is tried again anyway. */
const maxUnschedulableMs = 300_000;
const flushEveryMs = 30_000;

type Waiting = "active" | "backoff" | "errorBackoff" | "unschedulable" | "gated" | "inFlight" | "gone";

export interface QueuedPod {
  info: PodInfo;
  attempts: number;
  /** Names of the plugins that rejected it last. */
  rejectedBy: ReadonlySet<string>;
  state: Waiting;
  /** Order of arrival. */
  sequence: number;
  lastTriedMs: number;
  /** Counts moves, so that a heap's entry for an earlier one is seen to be stale. */
  moves: number;
}

interface Ticket {
  readonly queued: QueuedPod;
  readonly move: number;
  /** For backoff heaps: when it ends. */
  readonly atMs: number;
}

export class SchedulingQueue implements Disposable {
  private readonly clock: Clock;
  private readonly pods = new Map<string, QueuedPod>();
  private readonly active = new Heap<Ticket>((a, b) => goesFirst(a.queued, b.queued));
  private readonly backoff = new Heap<Ticket>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && goesFirst(a.queued, b.queued)));
  private readonly unschedulable = new Set<QueuedPod>();
  private sequence = 0;
  private backoffTimer: { readonly atMs: number; readonly timer: Disposable } | undefined;
  private flushTimer: Disposable | undefined;
  private waiter: (() => void) | undefined;
  private disposed = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Takes over a pod that is new or has changed. `retry`: the change may make it fit. */
  put(info: PodInfo, retry: boolean): void {
    const known = this.pods.get(info.uid);
    if (known === undefined) {
      this.sequence += 1;
      const fresh: QueuedPod = {
        info,
        attempts: 0,
        rejectedBy: new Set(),
        state: "inFlight",
        sequence: this.sequence,
        lastTriedMs: 0,
        moves: 0,
      };
      this.pods.set(info.uid, fresh);
      this.move(fresh, isGated(info) ? "gated" : "active");
      return;
    }
    known.info = info;
    if (known.state === "gated" && !isGated(info)) this.move(known, "active");
    else if (known.state === "unschedulable" && retry) this.wakeOne(known);
    // Its place in the heap goes by its priority, which can't change.
  }

  remove(uid: string): void {
    const known = this.pods.get(uid);
    if (known === undefined) return;
    this.pods.delete(uid);
    this.move(known, "gone");
  }

  get(uid: string): QueuedPod | undefined {
    return this.pods.get(uid);
  }

  /**
   * The next pod to try. When none is ready, one that waits out a back-off after a rejection: the back-off only keeps it from
   * holding up others.
   */
  pop(): QueuedPod | undefined {
    const queued = this.popFrom(this.active, "active") ?? this.popFrom(this.backoff, "backoff");
    if (queued === undefined) return undefined;
    queued.attempts += 1;
    queued.lastTriedMs = this.clock.now();
    this.move(queued, "inFlight");
    return queued;
  }

  /** Resolves when there may be something to pop. */
  ready(signal: AbortSignal): Promise<void> {
    if (this.hasWork() || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        this.waiter = undefined;
        resolve();
      };
      this.waiter = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }

  /** No node fits: wait for an event that these plugins care about. */
  reject(queued: QueuedPod, plugins: ReadonlySet<string>): void {
    if (queued.state === "gone") return;
    queued.rejectedBy = plugins;
    this.move(queued, "unschedulable");
  }

  /** Something else failed: try again after a back-off. */
  retryLater(queued: QueuedPod): void {
    if (queued.state !== "gone") this.move(queued, "errorBackoff");
  }

  /** Tries again those waiting pods that the event may help. */
  wake(helps: (queued: QueuedPod) => boolean): void {
    for (const queued of this.unschedulable) if (helps(queued)) this.wakeOne(queued);
  }

  get size(): number {
    return this.pods.size;
  }

  [Symbol.dispose](): void {
    this.disposed = true;
    this.backoffTimer?.timer[Symbol.dispose]();
    this.flushTimer?.[Symbol.dispose]();
    this.waiter?.();
  }

  private wakeOne(queued: QueuedPod): void {
    this.move(queued, this.backoffEnd(queued) > this.clock.now() ? "backoff" : "active");
  }

  private backoffEnd({ attempts, lastTriedMs }: QueuedPod): number {
    if (attempts === 0) return 0;
    return lastTriedMs + Math.min(initialBackoffMs * 2 ** (attempts - 1), maxBackoffMs);
  }

  private move(queued: QueuedPod, to: Waiting): void {
    this.unschedulable.delete(queued);
    queued.state = to;
    queued.moves += 1;
    const ticket = { queued, move: queued.moves, atMs: this.backoffEnd(queued) };
    switch (to) {
      case "active":
        this.active.push(ticket);
        this.waiter?.();
        return;
      case "backoff":
        this.backoff.push(ticket);
        this.setBackoffTimer();
        this.waiter?.();
        return;
      case "errorBackoff":
        this.backoff.push(ticket);
        this.setBackoffTimer();
        return;
      case "unschedulable":
        this.unschedulable.add(queued);
        this.setFlushTimer();
        return;
      case "gated":
      case "inFlight":
      case "gone":
        return;
      default:
        assertNever(to);
    }
  }

  private hasWork(): boolean {
    this.dropStale(this.active);
    this.dropStale(this.backoff);
    return this.active.size > 0 || this.backoff.peek()?.queued.state === "backoff";
  }

  private popFrom(heap: Heap<Ticket>, state: Waiting): QueuedPod | undefined {
    this.dropStale(heap);
    const queued = heap.peek()?.queued;
    if (queued?.state !== state) return undefined;
    heap.pop();
    return queued;
  }

  private dropStale(heap: Heap<Ticket>): void {
    for (let top = heap.peek(); top !== undefined && top.move !== top.queued.moves; top = heap.peek()) heap.pop();
  }

  private setBackoffTimer(): void {
    this.dropStale(this.backoff);
    const next = this.backoff.peek();
    if (next === undefined || this.disposed || (this.backoffTimer !== undefined && this.backoffTimer.atMs <= next.atMs)) return;
    this.backoffTimer?.timer[Symbol.dispose]();
    const timer = this.clock.after(next.atMs - this.clock.now(), () => this.endBackoffs());
    this.backoffTimer = { atMs: next.atMs, timer };
  }

  private endBackoffs(): void {
    this.backoffTimer = undefined;
    const now = this.clock.now();
    this.dropStale(this.backoff);
    for (let top = this.backoff.peek(); top !== undefined && top.atMs <= now; top = this.backoff.peek()) {
      this.backoff.pop();
      if (top.move === top.queued.moves) this.move(top.queued, "active");
    }
    this.setBackoffTimer();
  }

  private setFlushTimer(): void {
    if (this.disposed) return;
    this.flushTimer ??= this.clock.after(flushEveryMs, () => {
      this.flushTimer = undefined;
      const before = this.clock.now() - maxUnschedulableMs;
      for (const queued of this.unschedulable) if (queued.lastTriedMs <= before) this.wakeOne(queued);
      if (this.unschedulable.size > 0) this.setFlushTimer();
    });
  }
}

function isGated({ pod }: PodInfo): boolean {
  return (pod.spec.schedulingGates ?? []).length > 0;
}

function goesFirst(a: QueuedPod, b: QueuedPod): boolean {
  return a.info.priority === b.info.priority ? a.sequence < b.sequence : a.info.priority > b.info.priority;
}
