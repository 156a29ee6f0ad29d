/** Figures that are read when `/metrics` is asked for. */
import type { Resource } from "../registry/resource.ts";
import type { KindCache } from "../storage/kindCache.ts";
import type { InFlight } from "./limits.ts";
import type { Metrics } from "./metrics.ts";

export function addGauges(metrics: Metrics, resources: ReadonlyMap<string, Resource>, inFlight: InFlight): void {
  const each = (read: (cache: KindCache) => number) =>
    Array.from(resources.values(), ({ kind, cache }) => ({
      labels: `group="${kind.group}",resource="${kind.plural}"`,
      value: read(cache),
    }));
  metrics.addGauge({
    name: "apiserver_current_inflight_requests",
    help: "Requests being answered now, by sort.",
    read: () => [
      { labels: 'request_kind="readOnly"', value: inFlight.reading },
      { labels: 'request_kind="mutating"', value: inFlight.mutating },
    ],
  });
  metrics.addGauge({ name: "apiserver_registered_watchers", help: "Open watches.", read: () => each((cache) => cache.watchers) });
  metrics.addGauge({ name: "apiserver_storage_objects", help: "Stored objects.", read: () => each((cache) => cache.size) });
}
