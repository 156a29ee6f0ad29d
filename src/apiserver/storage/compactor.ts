/** Forgets old history: every interval, everything that was history an interval before. Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Store } from "../../store/store.ts";

/** As upstream's --etcd-compaction-interval. */
export const compactionIntervalMs = 300_000;

export class Compactor implements Disposable {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly log: Log;
  private timer: Disposable | undefined;
  private previous = 0;

  constructor(store: Store, clock: Clock, log: Log) {
    this.store = store;
    this.clock = clock;
    this.log = log;
  }

  start(): void {
    this.timer = this.clock.after(compactionIntervalMs, () => void this.pass());
  }

  [Symbol.dispose](): void {
    this.timer?.[Symbol.dispose]();
    this.timer = undefined;
  }

  private async pass(): Promise<void> {
    try {
      const now = await this.store.revision();
      if (this.previous > 0) await this.store.compact(this.previous);
      this.previous = now;
    } catch (error) {
      this.log.warn("compacting the store failed", { error: String(error) });
    }
    if (this.timer !== undefined) this.start();
  }
}
