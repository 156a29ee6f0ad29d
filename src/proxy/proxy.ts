/**
 * Keeps a data plane in step with Services, EndpointSlices and the host ports of pods. A change after a rest is applied at once; changes in a row are
 * collected. An event that alters no rule is no change: the one of a new selector, which comes before that of its endpoints, doesn't hold these up. One
 * apply at a time, always of the newest state. Upstream: pkg/proxy/nftables/proxier.go (the loop), pkg/util/async/bounded_frequency_runner.go
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { seededRng } from "../base/rng.ts";
import { configMap as configMapKind } from "../api/core/v1/configMap.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import { endpointSlice as sliceKind } from "../api/discovery/v1/endpointSlice.ts";
import type { Informer, InformerFactory } from "../client/informer.ts";
import type { ConfigMap, Pod, Service } from "../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../schema/shapes/discovery.v1.ts";
import { hasHostPorts, hostPortRules } from "./hostPorts.ts";
import type { DataPlane, ServiceRule } from "./ports/dataPlane.ts";
import { NodeViews, parsePropagation } from "./propagation.ts";
import { rulesOf } from "./tables.ts";

const serviceNameLabel = "kubernetes.io/service-name";
const byService = "endpointSlicesOfService";
/** In kube-system: `profile` and `seed` say how late nodes learn of changes (propagation.ts). Without it they learn at once. */
export const propagationConfigName = "coxswain-propagation";
/** No namespace begins so. */
const podMark = "pod ";
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
  /** The nodes that have views of their own when a propagation profile is set; none: it has no effect. */
  readonly nodes?: readonly string[] | undefined;
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
  private readonly pods: Informer<Pod>;
  private readonly settings: Informer<ConfigMap>;
  private readonly nodes: readonly string[];
  private views: NodeViews | undefined;
  private lateChange: Disposable | undefined;
  private readonly stop = new AbortController();
  private readonly handlers: Disposable[] = [];
  /** Rules by `namespace/name` of a Service, or after `podMark` of a pod. */
  private readonly computed = new Map<string, readonly ServiceRule[]>();
  private readonly stale = new Set<string>();
  /** A rule differs from what the data plane was last given. */
  private altered = true;
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
    this.pods = deps.informers.informer(podKind);
    this.settings = deps.informers.informer(configMapKind, `metadata.namespace=kube-system,metadata.name=${propagationConfigName}`);
    this.nodes = options.nodes ?? [];
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
      this.pods.onChange((pod, previous) => {
        const concerned = [pod, previous].find((each) => each !== undefined && hasHostPorts(each));
        if (concerned !== undefined) this.changed(`${podMark}${idOf(concerned)}`);
      }),
      this.settings.onChange((settings) => this.propagate(settings)),
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
    this.lateChange?.[Symbol.dispose]();
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
      const rules = this.rules();
      const collectMs = this.altered ? this.collectMs : 0;
      this.altered = false;
      await dataPlane.apply(this.views?.take(rules, startedMs) ?? rules);
      this.failures = 0;
      this.becomeReady();
      const tookMs = clock.now() - startedMs;
      this.earliestMs = clock.now() + Math.min(Math.max(collectMs, tookMs), this.maxCollectMs);
    } catch (error) {
      this.altered = true;
      const retryMs = Math.min(firstRetryMs * 2 ** this.failures, maxRetryMs);
      this.failures += 1;
      this.earliestMs = clock.now() + retryMs;
      log.error("the data plane refused the service rules", { dataPlane: dataPlane.name, error: String(error), retryMs });
    }
    this.applying = undefined;
    this.expectLateChange();
    if (this.stale.size > 0 || this.failures > 0) this.schedule();
  }

  private propagate(settings: ConfigMap | undefined): void {
    const { profile = "instant", seed = "1" } = settings?.data ?? {};
    try {
      const parsed = parsePropagation(profile);
      const delayed = parsed.length > 0 && this.nodes.length > 0;
      this.views = delayed ? new NodeViews(parsed, seededRng(Number(seed)), this.nodes) : undefined;
    } catch (error) {
      this.views = undefined;
      this.deps.log.warn("the propagation profile can't be read", { error: error instanceof Error ? error.message : String(error) });
    }
    this.schedule();
  }

  /** A node sees a change later than the rest did: its rules are due then. */
  private expectLateChange(): void {
    this.lateChange?.[Symbol.dispose]();
    const { clock } = this.deps;
    const nextMs = this.views?.nextChangeMs();
    if (nextMs !== undefined) this.lateChange = clock.after(Math.max(0, nextMs - clock.now()), () => this.schedule());
  }

  private compute(id: string): void {
    const rules = id.startsWith(podMark) ? this.ofPod(id.slice(podMark.length)) : this.ofService(id);
    this.altered ||= JSON.stringify(rules) !== JSON.stringify(this.computed.get(id) ?? []);
    if (rules.length === 0) this.computed.delete(id);
    else this.computed.set(id, rules);
  }

  private ofService(id: string): readonly ServiceRule[] {
    const service = this.services.get(keyOf(id));
    return service === undefined ? [] : rulesOf(service, this.slices.byIndex(byService, id));
  }

  private ofPod(id: string): readonly ServiceRule[] {
    const pod = this.pods.get(keyOf(id));
    return pod === undefined ? [] : hostPortRules(pod);
  }
}

function idOf(object: Service | Pod | undefined): string {
  return `${object?.metadata.namespace ?? ""}/${object?.metadata.name ?? ""}`;
}

function keyOf(id: string): { readonly namespace: string; readonly name: string } {
  const slash = id.indexOf("/");
  return { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

/** Empty for a slice that belongs to no Service. */
function serviceOf({ metadata: { namespace = "", labels } }: EndpointSlice): string {
  return `${namespace}/${labels?.[serviceNameLabel] ?? ""}`;
}
