/**
 * How soon work on the same key may follow itself: at once after a rest, after a moment in proportion to its size when changes come in a row.
 * A Service of thousands of pods is then not worked out anew for each of them, and a small one never waits noticeably.
 */
import type { Clock } from "../../base/clock.ts";

export interface PaceOptions {
  readonly msPerItem: number;
  readonly maxMs: number;
}

export class Pace {
  private readonly clock: Clock;
  private readonly options: PaceOptions;
  private readonly readyAt = new Map<string, number>();

  constructor(clock: Clock, options: PaceOptions) {
    this.clock = clock;
    this.options = options;
  }

  /** Milliseconds until the key may be worked on; 0: now. */
  waitMs(key: string): number {
    const at = this.readyAt.get(key);
    if (at === undefined) return 0;
    const waitMs = at - this.clock.now();
    if (waitMs > 0) return waitMs;
    this.readyAt.delete(key);
    return 0;
  }

  /** Work on so many items has just been done. */
  done(key: string, items: number): void {
    const { msPerItem, maxMs } = this.options;
    const pauseMs = Math.min(items * msPerItem, maxMs);
    if (pauseMs >= 1) this.readyAt.set(key, this.clock.now() + pauseMs);
  }
}
