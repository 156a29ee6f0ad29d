/**
 * The kubelet of one node: one worker per pod that is bound to it, the node's own objects, and the server for logs and exec. Many kubelets
 * share a process, its informers and its caches.
 * Left out: static pods, eviction under pressure, node shutdown, devices.
 * Upstream: pkg/kubelet/kubelet.go
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Rng } from "../base/rng.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import type { Client, EventRecorder } from "../client/client.ts";
import { byNodeName, type InformerFactory } from "../client/informer.ts";
import type { ApiRequest, ApiResponse, StreamSession } from "../machinery/http.ts";
import { isPodTerminal } from "../machinery/pods.ts";
import type { NodeSystemInfo, Pod, Service, Taint } from "../schema/shapes/core.v1.ts";
import { ImagePuller } from "./images/imagePuller.ts";
import { NodeAgent } from "./node/nodeAgent.ts";
import { refusalOf, resizeRefusalOf } from "./node/admission.ts";
import { ownLabels, type NodeDescription } from "./node/nodeObject.ts";
import { bytes } from "./pod/resources.ts";
import type { DnsSettings } from "./pod/identity.ts";
import { podSource } from "./podSource.ts";
import type { ProbeDialer } from "./ports/probeDialer.ts";
import type { ContainerRuntime } from "./ports/runtime.ts";
import type { Volumes } from "./ports/volumes.ts";
import { KubeletServer } from "./server.ts";
import { shared, type Shared } from "./shared.ts";
import { withDisks } from "./server/diskStats.ts";
import { Usages, type RunningContainer, type Summary } from "./server/stats.ts";
import { Timers } from "./timers.ts";
import type { Kit } from "./worker/kit.ts";
import { localStorageOf, type LocalStorageUse } from "./worker/localStorage.ts";
import { PodWorker } from "./worker/podWorker.ts";
import { isRunning } from "./worker/record.ts";
import type { Found } from "./worker/recovery.ts";

export interface KubeletDeps {
  readonly client: Client;
  /** Shared by all kubelets of the process: their pods come out of one watch. */
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly runtime: ContainerRuntime;
  readonly volumes: Volumes;
  readonly dialer: ProbeDialer;
}

export interface KubeletOptions {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly podCidr?: string | undefined;
  /** `cpu`, `memory`, `ephemeral-storage`, `pods`. */
  readonly capacity: Readonly<Record<string, string>>;
  /** Default: the capacity. */
  readonly allocatable?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly taints?: readonly Taint[] | undefined;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** The host's resolver, for pods with dnsPolicy Default. */
  readonly hostDns?: DnsSettings["host"] | undefined;
  /** As in nodeInfo.kubeletVersion, e.g. `v1.36.3`. */
  readonly version: string;
  /** What is known of the machine; the rest is filled in. */
  readonly machine?: Partial<NodeSystemInfo> | undefined;
  readonly kubeletPort?: number | undefined;
}

export interface Kubelet extends AsyncDisposable {
  readonly nodeName: string;
  /** Registers the node, takes over what still runs, and works until disposed. Resolves when the node is registered and its pods are known. */
  start(): Promise<void>;
  /** Answers the paths that apiserver/ports/nodeConnector.ts lists; failures are Status bodies. */
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** Runs exec, attach or port-forward until it ends; throws ApiError when it can't begin. */
  stream(url: string, peer: StreamSession): Promise<void>;
  summary(): Promise<Summary>;
}

export function createKubelet(deps: KubeletDeps, options: KubeletOptions): Kubelet {
  return new NodeKubelet(deps, options);
}

const relistMs = 30_000;
const refreshRetryMs = 1000;
/** Between the two looks at what containers use, when the last one was long ago. */
const sampleMs = 1000;
const defaultKubeletPort = 10_250;
const noDns: DnsSettings["host"] = { servers: [], searches: [], options: [] };

function describe(options: KubeletOptions, runtime: ContainerRuntime): NodeDescription {
  const { machine = {} } = options;
  return {
    name: options.nodeName,
    ip: options.nodeIp,
    podCidr: options.podCidr,
    capacity: options.capacity,
    allocatable: options.allocatable ?? options.capacity,
    labels: options.labels ?? {},
    taints: options.taints ?? [],
    kubeletPort: options.kubeletPort ?? defaultKubeletPort,
    limits: runtime.limits,
    conditions: runtime.conditions ?? [],
    supplementalGroupsPolicy: runtime.supplementalGroupsPolicy,
    problems: () => runtime.problems?.() ?? [],
    info: {
      machineID: "",
      systemUUID: "",
      bootID: "",
      kernelVersion: "",
      osImage: "",
      operatingSystem: "linux",
      architecture: "amd64",
      ...machine,
      containerRuntimeVersion: runtime.version,
      kubeletVersion: options.version,
      kubeProxyVersion: options.version,
    },
  };
}

class NodeKubelet implements Kubelet {
  readonly nodeName: string;
  private readonly deps: KubeletDeps;
  private readonly description: NodeDescription;
  private readonly timers: Timers;
  private readonly images: ImagePuller;
  private readonly shared: Shared;
  private readonly kit: Kit;
  private readonly agent: NodeAgent;
  private readonly server: KubeletServer;
  private readonly usages = new Usages();
  private readonly workers = new Map<string, PodWorker>();
  private readonly bySandbox = new Map<string, PodWorker>();
  private readonly subscriptions: Disposable[] = [];
  private readonly startedAtMs: number;
  private found = new Map<string, { sandboxes: Found["sandboxes"][number][]; containers: Found["containers"][number][] }>();
  private closed = false;

  constructor(deps: KubeletDeps, options: KubeletOptions) {
    this.deps = deps;
    this.nodeName = options.nodeName;
    this.description = describe(options, deps.runtime);
    this.timers = new Timers(deps.clock);
    this.startedAtMs = deps.clock.now();
    const { client, events, log, runtime, volumes, rng, dialer, clock, informers } = deps;
    this.shared = shared(informers, { client, clock, log });
    this.images = new ImagePuller({ images: runtime.images, events, clock });
    this.kit = {
      client,
      events,
      log,
      runtime,
      volumes,
      timers: this.timers,
      images: this.images,
      objects: this.shared.objects,
      statusWrites: this.shared.statusWrites,
      probeTools: { dialer, streams: runtime.streams, minorVersion: /^v?(\d+\.\d+)/.exec(options.version)?.[1] ?? "1.36" },
      node: {
        name: options.nodeName,
        ip: options.nodeIp,
        runtimeName: runtime.version.split("://")[0] ?? "",
        dns: { clusterDns: options.clusterDns, clusterDomain: options.clusterDomain, host: options.hostDns ?? noDns },
        allocatable: this.description.allocatable,
        memoryBytes: bytes(options.capacity["memory"]),
      },
      resizeRefusal: (pod) => resizeRefusalOf(pod, { allocatable: this.description.allocatable, others: this.requestsBeside(pod) }),
      allocationChanged: () => this.retryResizes(),
      services: (namespace) => this.services(namespace),
    };
    this.agent = new NodeAgent({ client, events, timers: this.timers, rng, log, images: runtime.images }, this.description);
    this.server = new KubeletServer({
      nodeName: options.nodeName,
      runtime,
      now: () => clock.now(),
      pods: () => [...this.workers.values()].map((worker) => worker.shown),
      find: (namespace, name) => this.find(namespace, name),
      summary: () => this.summary(),
      wholeSummary: () => this.wholeSummary(),
    });
  }

  async start(): Promise<void> {
    const { informers, runtime } = this.deps;
    informers.informer(serviceKind);
    const source = podSource(informers);
    const registered = this.agent.start();
    await this.shared.synced();
    this.subscriptions.push(runtime.containers.onEvent((event) => this.onRuntimeEvent(event)));
    const lost = runtime.sandboxes.onLost?.((id) => this.bySandbox.get(id)?.loseSandbox(id));
    if (lost !== undefined) this.subscriptions.push(lost);
    const cleanUp = await this.recover(source.informer.byIndex(byNodeName, this.nodeName));
    if (this.closed) return;
    this.subscriptions.push(source.add(this.nodeName, (pod, previous) => this.onPod(pod, previous)));
    this.retryResizes();
    this.relistLater(relistMs * (0.5 + this.deps.rng.next() / 2));
    await Promise.all([registered, cleanUp()]);
  }

  handle(request: ApiRequest): Promise<ApiResponse> {
    return this.server.handle(request);
  }

  stream(url: string, peer: StreamSession): Promise<void> {
    return this.server.stream(url, peer);
  }

  async summary(): Promise<Summary> {
    const { runtime, clock } = this.deps;
    const stats = await runtime.stats();
    const running = this.running();
    // What is modelled is the same at any time: one look suffices.
    if (runtime.modelsUsage !== true && this.usages.restart(running, stats)) {
      await this.timers.sleep(sampleMs);
      return await this.summary();
    }
    return this.usages.summary({ name: this.nodeName, startedAtMs: this.startedAtMs, nowMs: clock.now() }, running, stats);
  }

  private async wholeSummary(): Promise<Summary> {
    const { runtime, clock } = this.deps;
    const useOf = (uid: string): LocalStorageUse | undefined => {
      const worker = this.workers.get(uid);
      return worker === undefined ? undefined : localStorageOf(worker);
    };
    return await withDisks(await this.summary(), { runtime, nowMs: clock.now(), useOf });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    for (const subscription of this.subscriptions) subscription[Symbol.dispose]();
    for (const worker of this.workers.values()) worker[Symbol.dispose]();
    this.shared[Symbol.dispose]();
    this.images[Symbol.dispose]();
    await this.agent[Symbol.asyncDispose]();
    this.timers[Symbol.dispose]();
  }

  private async services(namespace: string): Promise<readonly Service[]> {
    const informer = this.deps.informers.informer(serviceKind);
    if (!informer.synced) await this.shared.synced();
    const master = informer.get({ namespace: "default", name: "kubernetes" });
    const own = informer.list(namespace);
    return namespace === "default" || master === undefined ? own : [...own, master];
  }

  /** Sorts what the runtime still has by pod; gives the clean-up of what belongs to none. */
  private async recover(pods: readonly Pod[]): Promise<() => Promise<void>> {
    const { runtime, volumes } = this.deps;
    const [sandboxes, containers, volumeUids] = await Promise.all([runtime.sandboxes.list(), runtime.containers.list(), volumes.list()]);
    this.found = grouped({ sandboxes, containers });
    const known = new Set(pods.map((pod) => pod.metadata.uid ?? ""));
    return async () => {
      for (const [uid, { sandboxes: orphans }] of this.found) if (!known.has(uid)) await this.removeOrphans(uid, orphans);
      for (const uid of volumeUids) if (!known.has(uid)) await volumes.remove(uid);
    };
  }

  private async removeOrphans(uid: string, sandboxes: Found["sandboxes"]): Promise<void> {
    const { runtime, log, volumes } = this.deps;
    log.info("removing what an unknown pod left on the node", { node: this.nodeName, uid });
    for (const container of this.found.get(uid)?.containers ?? []) {
      if (container.state === "running") await runtime.containers.stop(container.id, 0);
      await runtime.containers.remove(container.id);
    }
    for (const sandbox of sandboxes) {
      await runtime.sandboxes.stop(sandbox.id);
      await runtime.sandboxes.remove(sandbox.id);
    }
    await volumes.remove(uid);
  }

  private onPod(pod: Pod | undefined, previous: Pod | undefined): void {
    if (this.closed) return;
    const gone = previous?.metadata.uid !== pod?.metadata.uid ? previous : undefined;
    if (gone !== undefined) this.vanish(gone.metadata.uid ?? "");
    if (pod === undefined) return;
    const worker = this.workers.get(pod.metadata.uid ?? "");
    if (worker !== undefined) worker.update(pod);
    else this.add(pod);
  }

  private add(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    const found = this.found.get(uid);
    this.found.delete(uid);
    const others = this.requestsBeside(pod);
    const worker: PodWorker = new PodWorker(this.kit, pod, found ?? { sandboxes: [], containers: [] }, {
      onSandbox: (id) => this.bySandbox.set(id, worker),
      onReleased: () => {
        if (worker.isVanished) this.forget(uid);
      },
    });
    this.workers.set(uid, worker);
    if (worker.record.sandbox !== undefined) this.bySandbox.set(worker.record.sandbox.id, worker);
    const begun = found !== undefined || isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined;
    if (begun) return;
    const { allocatable, supplementalGroupsPolicy } = this.description;
    const labels = ownLabels(this.description);
    const { appArmor } = this.deps.runtime;
    const scene = { nodeName: this.nodeName, labels, allocatable, supplementalGroupsPolicy, appArmor, others };
    const refusal = refusalOf(worker.pod, scene);
    if (refusal !== undefined) worker.reject(refusal.reason, refusal.message);
  }

  /** Of all other pods that stay. */
  private requestsBeside(pod: Pod): readonly ReadonlyMap<string, number>[] {
    const staying = [...this.workers.values()].filter((worker) => worker.record.stopping === undefined && worker.uid !== pod.metadata.uid);
    return staying.map((worker) => worker.requests);
  }

  private retryResizes(): void {
    for (const worker of this.workers.values()) if (worker.record.resize.pending?.reason !== "Infeasible") worker.retryResize();
  }

  /** A worker stays until both the object and everything on the node are gone: late news must not make it anew. */
  private vanish(uid: string): void {
    const worker = this.workers.get(uid);
    worker?.vanish();
    if (worker?.record.released === true) this.forget(uid);
  }

  private forget(uid: string): void {
    const worker = this.workers.get(uid);
    this.workers.delete(uid);
    for (const [id, owner] of this.bySandbox) if (owner === worker) this.bySandbox.delete(id);
    worker?.[Symbol.dispose]();
    this.retryResizes();
  }

  private onRuntimeEvent(event: { readonly containerId: string; readonly sandboxId: string; readonly type: "started" | "exited" }): void {
    const worker = this.bySandbox.get(event.sandboxId);
    if (worker === undefined || event.type !== "exited") return;
    worker.refresh(event.containerId).catch((error: unknown) => {
      this.deps.log.warn("asking for a container's state failed, will retry", { container: event.containerId, error: String(error) });
      if (!this.closed) this.timers.after(refreshRetryMs, () => this.onRuntimeEvent(event));
    });
  }

  private relistLater(delayMs: number): void {
    this.timers.after(delayMs, () => {
      void this.relist().finally(() => {
        if (!this.closed) this.relistLater(relistMs);
      });
    });
  }

  private async relist(): Promise<void> {
    const { runtime, log } = this.deps;
    try {
      const [sandboxes, containers] = await Promise.all([runtime.sandboxes.list(), runtime.containers.list()]);
      const byPod = grouped({ sandboxes, containers });
      for (const worker of this.workers.values()) await worker.relist(byPod.get(worker.uid) ?? { sandboxes: [], containers: [] });
      this.retryResizes();
    } catch (error) {
      log.warn("listing the runtime's containers failed, will retry", { node: this.nodeName, error: String(error) });
    }
  }

  private find(namespace: string, name: string): ReturnType<ConstructorParameters<typeof KubeletServer>[0]["find"]> {
    for (const worker of this.workers.values()) {
      const { metadata } = worker.pod;
      if (metadata.name !== name || metadata.namespace !== namespace) continue;
      return { pod: worker.pod, status: worker.shown.status ?? {}, sandboxId: worker.record.sandbox?.id };
    }
    return undefined;
  }

  private running(): RunningContainer[] {
    return [...this.workers.values()].flatMap(({ pod, record }) => {
      const { name, namespace = "", uid = "" } = pod.metadata;
      return [...record.containers.values()].filter(isRunning).map((own) => ({
        id: own.current?.id ?? "",
        name: own.name,
        startedAtMs: own.current?.startedAtMs ?? 0,
        pod: { name, namespace, uid, startedAtMs: record.startedAtMs },
      }));
    });
  }
}

function grouped(found: Found): Map<string, { sandboxes: Found["sandboxes"][number][]; containers: Found["containers"][number][] }> {
  const byPod = new Map<string, { sandboxes: Found["sandboxes"][number][]; containers: Found["containers"][number][] }>();
  const podOf = new Map<string, string>();
  for (const sandbox of found.sandboxes) {
    const uid = sandbox.config.podUid;
    podOf.set(sandbox.id, uid);
    const entry = byPod.get(uid) ?? { sandboxes: [], containers: [] };
    entry.sandboxes.push(sandbox);
    byPod.set(uid, entry);
  }
  for (const container of found.containers) byPod.get(podOf.get(container.sandboxId) ?? "")?.containers.push(container);
  return byPod;
}
