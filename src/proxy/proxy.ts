/**
 * Keeps a data plane in step with Services and EndpointSlices. A change after a rest is applied at once; changes in a row are collected. One apply at
 * a time, always of the newest state. Upstream: pkg/proxy/nftables/proxier.go (the loop), pkg/util/async/bounded_frequency_runner.go
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import { endpointSlice as sliceKind } from "../api/discovery/v1/endpointSlice.ts";
import type { Informer, InformerFactory } from "../client/informer.ts";
import type { Service } from "../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../schema/shapes/discovery.v1.ts";
import type { DataPlane, ServiceRule } from "./ports/dataPlane.ts";
import { rulesOf } from "./tables.ts";

const serviceNameLabel = "kubernetes.io/service-name";
const byService = "endpointSlicesOfService";
const firstRetryMs = 500;
const maxRetryMs = 30_000;

export interface ProxyDeps {
  readonly informers: InformerFactory;
  readonly dataPlane: DataPlane;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ProxyOptions {
  /** Changes that follow an apply are collected for this long; default 10 ms. */
  readonly collectMs?: number | undefined;
  /** ... or for as long as the last apply took, up to this; default 100 ms. */
  readonly maxCollectMs?: number | undefined;
}

export interface Proxy extends AsyncDisposable {
  /** Resolves when the first whole state is in force. */
  readonly ready: Promise<void>;
  /** The rules as last computed, sorted by id. */
  rules(): readonly ServiceRule[];
}

export function startProxy(deps: ProxyDeps, options: ProxyOptions = {}): Proxy {
  const proxy = new ServiceProxy(deps, options);
  proxy.start();
  return proxy;
}

class ServiceProxy implements Proxy {
  readonly ready: Promise<void>;
  private readonly deps: ProxyDeps;
  private readonly collectMs: number;
  private readonly maxCollectMs: number;
  private readonly services: Informer<Service>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly stop = new AbortController();
  private readonly handlers: Disposable[] = [];
  /** Rules by `namespace/name`. */
  private readonly computed = new Map<string, readonly ServiceRule[]>();
  private readonly stale = new Set<string>();
  private pending: Disposable | undefined;
  private applying: Promise<void> | undefined;
  private synced = false;
  private earliestMs = 0;
  private failures = 0;
  private becomeReady: () => void = () => undefined;

  constructor(deps: ProxyDeps, options: ProxyOptions) {
    this.deps = deps;
    this.collectMs = options.collectMs ?? 10;
    this.maxCollectMs = options.maxCollectMs ?? 100;
    this.services = deps.informers.informer(serviceKind);
    this.slices = deps.informers.informer(sliceKind);
    this.slices.addIndex(byService, (slice) => [serviceOf(slice)]);
    this.ready = new Promise((resolve) => {
      this.becomeReady = resolve;
    });
  }

  start(): void {
    this.handlers.push(
      this.services.onChange((service, previous) => this.changed(idOf(service ?? previous))),
      this.slices.onChange((slice, previous) => {
        for (const each of [slice, previous]) if (each !== undefined) this.changed(serviceOf(each));
      }),
    );
    void this.begin();
  }

  rules(): readonly ServiceRule[] {
    for (const id of this.stale) this.compute(id);
    this.stale.clear();
    return [...this.computed.values()].flat().sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort(new Error("the proxy was stopped"));
    for (const handler of this.handlers) handler[Symbol.dispose]();
    this.pending?.[Symbol.dispose]();
    await this.applying;
  }

  private async begin(): Promise<void> {
    try {
      await this.deps.informers.synced(this.stop.signal);
    } catch {
      return;
    }
    // A half-filled table would refuse connections that are fine.
    this.synced = true;
    this.schedule();
  }

  private changed(service: string): void {
    this.stale.add(service);
    this.schedule();
  }

  private schedule(): void {
    if (!this.synced || this.pending !== undefined || this.applying !== undefined || this.stop.signal.aborted) return;
    const { clock } = this.deps;
    this.pending = clock.after(Math.max(0, this.earliestMs - clock.now()), () => {
      this.pending = undefined;
      this.applying = this.apply();
    });
  }

  private async apply(): Promise<void> {
    const { dataPlane, clock, log } = this.deps;
    const startedMs = clock.now();
    try {
      await dataPlane.apply(this.rules());
      this.failures = 0;
      this.becomeReady();
      const tookMs = clock.now() - startedMs;
      this.earliestMs = clock.now() + Math.min(Math.max(this.collectMs, tookMs), this.maxCollectMs);
    } catch (error) {
      const retryMs = Math.min(firstRetryMs * 2 ** this.failures, maxRetryMs);
      this.failures += 1;
      this.earliestMs = clock.now() + retryMs;
      log.error("the data plane refused the service rules", { dataPlane: dataPlane.name, error: String(error), retryMs });
    }
    this.applying = undefined;
    if (this.stale.size > 0 || this.failures > 0) this.schedule();
  }

  private compute(id: string): void {
    const slash = id.indexOf("/");
    const service = this.services.get({ namespace: id.slice(0, slash), name: id.slice(slash + 1) });
    const rules = service === undefined ? [] : rulesOf(service, this.slices.byIndex(byService, id));
    if (rules.length === 0) this.computed.delete(id);
    else this.computed.set(id, rules);
  }
}

function idOf(service: Service | undefined): string {
  return `${service?.metadata.namespace ?? ""}/${service?.metadata.name ?? ""}`;
}

/** Empty for a slice that belongs to no Service. */
function serviceOf({ metadata: { namespace = "", labels } }: EndpointSlice): string {
  return `${namespace}/${labels?.[serviceNameLabel] ?? ""}`;
}
