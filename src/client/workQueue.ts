/**
 * A queue of keys for a pool of workers: a key waits at most once, is worked on by one worker at a time, and comes back when it was added while
 * being worked on. Failures come back after 5 ms, doubling up to 1,000 s.
 * Upstream: staging/src/k8s.io/client-go/util/workqueue/{queue,delaying_queue,default_rate_limiters}.go
 */
import type { Clock } from "../base/clock.ts";

const firstRetryMs = 5;
const maxRetryMs = 1_000_000;

export interface WorkQueue extends Disposable {
  add(item: string): void;
  /** Adds it later; of several waits the earliest counts. */
  addAfter(item: string, delayMs: number): void;
  /** Adds it after a wait that doubles with each call until `forget`. */
  addRateLimited(item: string): void;
  /** How often it was rate-limited since it was last forgotten. */
  retries(item: string): number;
  forget(item: string): void;
  /** The next item, to be handed back with `done`; undefined once the queue is shut down. */
  take(): Promise<string | undefined>;
  /** With a rest, the item counts as being worked on for that much longer: what is added meanwhile waits for its end. */
  done(item: string, restMs?: number): void;
  /** Items ready to be taken. */
  readonly length: number;
}

export function createWorkQueue(clock: Clock): WorkQueue {
  return new KeyQueue(clock);
}

interface Wait {
  readonly dueMs: number;
  readonly timer: Disposable;
}

class KeyQueue implements WorkQueue {
  private readonly clock: Clock;
  /** Ready, in order of arrival. */
  private readonly ready = new Set<string>();
  private readonly working = new Set<string>();
  /** Added while being worked on. */
  private readonly again = new Set<string>();
  private readonly waits = new Map<string, Wait>();
  private readonly rests = new Map<string, Disposable>();
  private readonly failures = new Map<string, number>();
  private readonly takers: ((item: string | undefined) => void)[] = [];
  private closed = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get length(): number {
    return this.ready.size;
  }

  add(item: string): void {
    if (this.closed) return;
    this.stopWaiting(item);
    if (this.working.has(item)) {
      this.again.add(item);
      return;
    }
    if (this.ready.has(item)) return;
    this.ready.add(item);
    this.serve();
  }

  addAfter(item: string, delayMs: number): void {
    if (this.closed) return;
    if (delayMs <= 0) {
      this.add(item);
      return;
    }
    const dueMs = this.clock.now() + delayMs;
    const waiting = this.waits.get(item);
    if (waiting !== undefined && waiting.dueMs <= dueMs) return;
    waiting?.timer[Symbol.dispose]();
    this.waits.set(item, { dueMs, timer: this.clock.after(delayMs, () => this.add(item)) });
  }

  addRateLimited(item: string): void {
    const failures = this.failures.get(item) ?? 0;
    this.failures.set(item, failures + 1);
    this.addAfter(item, Math.min(firstRetryMs * 2 ** failures, maxRetryMs));
  }

  retries(item: string): number {
    return this.failures.get(item) ?? 0;
  }

  forget(item: string): void {
    this.failures.delete(item);
  }

  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.closed) {
        resolve(undefined);
        return;
      }
      this.takers.push(resolve);
      this.serve();
    });
  }

  done(item: string, restMs = 0): void {
    if (restMs > 0 && !this.closed) {
      this.rests.set(
        item,
        this.clock.after(restMs, () => this.done(item)),
      );
      return;
    }
    this.rests.delete(item);
    this.working.delete(item);
    if (this.again.delete(item)) this.add(item);
  }

  [Symbol.dispose](): void {
    this.closed = true;
    for (const item of this.waits.keys()) this.stopWaiting(item);
    for (const rest of this.rests.values()) rest[Symbol.dispose]();
    this.ready.clear();
    this.again.clear();
    for (const taker of this.takers.splice(0)) taker(undefined);
  }

  private stopWaiting(item: string): void {
    this.waits.get(item)?.timer[Symbol.dispose]();
    this.waits.delete(item);
  }

  private serve(): void {
    for (const item of this.ready) {
      const taker = this.takers.shift();
      if (taker === undefined) return;
      this.ready.delete(item);
      this.working.add(item);
      taker(item);
    }
  }
}
