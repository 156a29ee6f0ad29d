/** Waiting longer after each failure, with jitter so that many clients don't return at the same moment. */
import type { Clock } from "../base/clock.ts";
import type { Rng } from "../base/rng.ts";

export interface BackoffOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly firstMs: number;
  readonly maxMs: number;
  /** After this long without a failure the next one starts small again. */
  readonly forgetAfterMs: number;
}

/** Doubles from `firstMs` to `maxMs`; each wait is between one and two times that. */
export class Backoff {
  private readonly options: BackoffOptions;
  private failures = 0;
  private lastFailureMs = -Infinity;

  constructor(options: BackoffOptions) {
    this.options = options;
  }

  /** Counts a failure and says how long to wait. */
  nextMs(): number {
    const { clock, rng, firstMs, maxMs, forgetAfterMs } = this.options;
    if (clock.now() - this.lastFailureMs > forgetAfterMs) this.failures = 0;
    this.lastFailureMs = clock.now();
    const baseMs = Math.min(firstMs * 2 ** this.failures, maxMs);
    this.failures += 1;
    return baseMs * (1 + rng.next());
  }
}
