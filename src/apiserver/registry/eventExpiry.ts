/**
 * Events go an hour after they were last seen, as upstream's do by their storage's time to live.
 * Upstream: cmd/kube-apiserver's --event-ttl
 */
import type { Clock } from "../../base/clock.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { timeMs } from "../../machinery/time.ts";
import type { Event } from "../../schema/shapes/core.v1.ts";
import { listPrefix } from "../storage/keys.ts";
import type { Registry } from "./resource.ts";

export const eventLifetimeMs = 3_600_000;
const passEveryMs = 60_000;

export class EventExpiry implements Disposable {
  private readonly registry: Registry;
  private readonly clock: Clock;
  private timer: Disposable | undefined;

  constructor(registry: Registry) {
    this.registry = registry;
    this.clock = registry.clock;
  }

  start(): void {
    this.timer = this.clock.after(passEveryMs, () => void this.pass());
  }

  [Symbol.dispose](): void {
    this.timer?.[Symbol.dispose]();
    this.timer = undefined;
  }

  private async pass(): Promise<void> {
    const { kind, cache } = this.registry.resource("", "events");
    const until = this.clock.now() - eventLifetimeMs;
    try {
      const all = cache.range(listPrefix(kind, ""));
      await this.registry.feed.decodeAll(all);
      for (const stored of all) {
        if (lastSeenMs(stored.object) <= until) await this.registry.store.write(stored.key, undefined, stored.revision);
      }
    } catch (error) {
      this.registry.log.warn("old events could not be removed", { error: String(error) });
    }
    if (this.timer !== undefined) this.start();
  }
}

function lastSeenMs(object: KubeObject): number {
  const { series, lastTimestamp, eventTime, metadata } = object as Event;
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, metadata.creationTimestamp].map(timeMs);
  return Math.max(0, ...times.filter((time) => time !== undefined));
}
