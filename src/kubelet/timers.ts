/**
 * Many deadlines on one timer of the clock: a node with thousands of probes and back-offs asks the host for one wake-up at a time.
 */
import type { Clock } from "../base/clock.ts";
import { Heap } from "../base/heap.ts";

interface Entry {
  readonly atMs: number;
  readonly sequence: number;
  run: (() => void) | undefined;
}

export class Timers implements Disposable {
  readonly clock: Clock;
  private readonly heap = new Heap<Entry>((a, b) => (a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs));
  private sequence = 0;
  private armed: { readonly atMs: number; readonly timer: Disposable } | undefined;
  private closed = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Runs `run` at that time (at once, but not within this call, when it has passed), unless disposed first. */
  at(atMs: number, run: () => void): Disposable {
    const entry: Entry = { atMs, sequence: this.sequence, run };
    this.sequence += 1;
    if (!this.closed) {
      this.heap.push(entry);
      this.arm();
    }
    return {
      [Symbol.dispose]() {
        entry.run = undefined;
      },
    };
  }

  after(delayMs: number, run: () => void): Disposable {
    return this.at(this.clock.now() + delayMs, run);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        timer[Symbol.dispose]();
        reject(signal?.reason as Error);
      };
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  [Symbol.dispose](): void {
    this.closed = true;
    this.armed?.timer[Symbol.dispose]();
    this.armed = undefined;
  }

  private arm(): void {
    const next = this.next();
    if (next === undefined || this.closed) return;
    if (this.armed !== undefined && this.armed.atMs <= next.atMs) return;
    this.armed?.timer[Symbol.dispose]();
    const timer = this.clock.after(Math.max(0, next.atMs - this.clock.now()), () => this.fire());
    this.armed = { atMs: next.atMs, timer };
  }

  /** The earliest that was not disposed. */
  private next(): Entry | undefined {
    for (;;) {
      const entry = this.heap.peek();
      if (entry === undefined || entry.run !== undefined) return entry;
      this.heap.pop();
    }
  }

  private fire(): void {
    this.armed = undefined;
    const now = this.clock.now();
    try {
      for (let entry = this.next(); entry !== undefined && entry.atMs <= now; entry = this.next()) {
        this.heap.pop();
        const run = entry.run;
        entry.run = undefined;
        run?.();
      }
    } finally {
      this.arm();
    }
  }
}
