/** A container runtime without containers: what it would report, at the times it would report it. */
import type { Rng } from "../../base/rng.ts";
import type {
  ContainerConfig,
  ContainerRuntime,
  Containers,
  ContainerStats,
  Images,
  PodSandboxConfig,
  Sandboxes,
  SandboxStatus,
  Streams,
} from "../ports/runtime.ts";
import type { Timers } from "../timers.ts";
import { Addresses } from "./addresses.ts";
import { modelledUsage } from "./modelledUsage.ts";
import { containerScript, sandboxScript, type ContainerScript, type Profile } from "./script.ts";
import { SimulatedContainer } from "./simulatedContainer.ts";
import { simulatedImages } from "./simulatedImages.ts";
import { simulatedStreams } from "./simulatedStreams.ts";

interface RuntimeDeps {
  readonly timers: Timers;
  readonly rng: Rng;
  readonly profile: Profile;
  readonly podCidr: string;
  /** Filled by all nodes of a simulation: what runs behind an address. */
  readonly byIp: Map<string, () => readonly SimulatedContainer[]>;
}

interface Sandbox {
  status: SandboxStatus;
  readonly containers: Map<string, SimulatedContainer>;
}

type Handler = Parameters<Containers["onEvent"]>[0];

export class SimulatedRuntime implements ContainerRuntime {
  readonly version = "coxswain-simulated://0.1.0";
  readonly limits = { enforced: true, why: "" } as const;
  readonly modelsUsage = true;
  readonly appArmor: boolean = true;
  readonly userNamespaces: boolean = true;
  /** Groups are nothing here: any policy holds. */
  readonly supplementalGroupsPolicy = true;
  readonly sandboxes: Sandboxes;
  readonly containers: Containers;
  readonly streams: Streams;
  readonly images: Images;
  private readonly deps: RuntimeDeps;
  private readonly addresses: Addresses;
  private readonly all = new Map<string, Sandbox>();
  private readonly byContainer = new Map<string, SimulatedContainer>();
  private readonly sandboxFailures = new Map<string, number>();
  private readonly handlers = new Set<Handler>();
  private made = 0;

  constructor(deps: RuntimeDeps) {
    this.deps = deps;
    this.addresses = new Addresses(deps.podCidr);
    this.sandboxes = {
      run: (config) => this.runSandbox(config),
      stop: (id) => this.stopSandbox(id),
      remove: (id) => this.removeSandbox(id),
      resize: (id, cgroup) => this.resizeSandbox(id, cgroup),
      list: () => Promise.resolve([...this.all.values()].map((sandbox) => sandbox.status)),
    };
    this.containers = {
      create: (sandboxId, config) => this.create(sandboxId, config),
      start: async (id) => await this.find(id).start(),
      stop: async (id, graceMs) => await this.byContainer.get(id)?.stop(graceMs),
      remove: (id) => this.remove(id),
      resize: async (id, resources) => {
        const container = this.find(id);
        container.config = { ...container.config, resources };
      },
      status: (id) => Promise.resolve(this.byContainer.get(id)?.status),
      list: () => Promise.resolve([...this.byContainer.values()].map((container) => container.status)),
      onEvent: (handler) => this.onEvent(handler),
    };
    this.streams = simulatedStreams(
      (id) => this.find(id),
      () => deps.timers.clock.now(),
    );
    this.images = simulatedImages({
      timers: deps.timers,
      varied: (ms) => this.varied(ms),
      scriptFor: (podUid) => this.scriptFor(podUid),
    });
  }

  stats(): Promise<readonly ContainerStats[]> {
    const timeMs = this.deps.timers.clock.now();
    const running = [...this.byContainer.values()].filter((container) => container.status.state === "running");
    return Promise.resolve(
      running.map(({ id, status, script, config }) => {
        const { cpuMillis, memoryBytes } = modelledUsage(script, config.resources);
        return { containerId: id, timeMs, cpuNanos: Math.round((timeMs - status.startedAtMs) * cpuMillis * 1000), memoryBytes };
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.all.keys()) await this.stopSandbox(id);
  }

  private id(kind: string): string {
    this.made += 1;
    return `${this.deps.podCidr.replace(/[./]/g, "-")}-${kind}${this.made}`;
  }

  private varied(ms: number): number {
    const { rng, profile } = this.deps;
    if (ms === 0 || profile.jitter === 0) return ms;
    return ms * (1 + profile.jitter * (2 * rng.next() - 1));
  }

  private find(id: string): SimulatedContainer {
    const container = this.byContainer.get(id);
    if (container === undefined) throw new Error(`container ${id} does not exist`);
    return container;
  }

  /** Pulls know the pod, not the container. */
  private scriptFor(podUid: string): ContainerScript {
    for (const sandbox of this.all.values()) {
      const { config, state } = sandbox.status;
      if (config.podUid === podUid && state === "ready") return containerScript(config.annotations, "", this.deps.profile);
    }
    return containerScript({}, "", this.deps.profile);
  }

  private async runSandbox(config: PodSandboxConfig): Promise<SandboxStatus> {
    const { timers, profile, byIp } = this.deps;
    const script = sandboxScript(config.annotations, profile);
    const delayMs = this.varied(script.delayMs);
    if (delayMs > 0) await timers.sleep(delayMs);
    const failures = this.sandboxFailures.get(config.podUid) ?? 0;
    if (failures < script.failures) {
      this.sandboxFailures.set(config.podUid, failures + 1);
      throw new Error("the simulated network is not ready");
    }
    this.sandboxFailures.delete(config.podUid);
    const ip = config.hostNetwork ? "" : this.addresses.take();
    const sandbox: Sandbox = {
      status: { id: this.id("s"), config, state: "ready", ip, createdAtMs: timers.clock.now() },
      containers: new Map(),
    };
    this.all.set(sandbox.status.id, sandbox);
    const running = (): SimulatedContainer[] => [...sandbox.containers.values()].filter((c) => c.status.state === "running");
    if (ip !== "") byIp.set(ip, running);
    return sandbox.status;
  }

  private stopSandbox(id: string): Promise<void> {
    const sandbox = this.all.get(id);
    if (sandbox?.status.state !== "ready") return Promise.resolve();
    for (const container of sandbox.containers.values()) container.kill();
    sandbox.status = { ...sandbox.status, state: "notReady" };
    if (sandbox.status.ip !== "") {
      this.deps.byIp.delete(sandbox.status.ip);
      this.addresses.free(sandbox.status.ip);
    }
    return Promise.resolve();
  }

  private async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    for (const containerId of this.all.get(id)?.containers.keys() ?? []) this.byContainer.delete(containerId);
    this.all.delete(id);
  }

  private resizeSandbox(id: string, cgroup: PodSandboxConfig["cgroup"]): Promise<void> {
    const sandbox = this.all.get(id);
    if (sandbox === undefined) return Promise.reject(new Error(`sandbox ${id} does not exist`));
    sandbox.status = { ...sandbox.status, config: { ...sandbox.status.config, cgroup } };
    return Promise.resolve();
  }

  private create(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.all.get(sandboxId);
    if (sandbox?.status.state !== "ready") return Promise.reject(new Error(`sandbox ${sandboxId} is not ready`));
    const id = this.id("c");
    const { annotations } = sandbox.status.config;
    const { timers, profile } = this.deps;
    const container = new SimulatedContainer(id, sandboxId, config, {
      timers,
      script: containerScript(annotations, config.name, profile),
      varied: (ms) => this.varied(ms),
      onEvent: (type) => {
        for (const handler of this.handlers) handler({ containerId: id, sandboxId, type });
      },
    });
    sandbox.containers.set(id, container);
    this.byContainer.set(id, container);
    return Promise.resolve(id);
  }

  private remove(id: string): Promise<void> {
    const container = this.byContainer.get(id);
    container?.kill();
    if (container !== undefined) this.all.get(container.sandboxId)?.containers.delete(id);
    this.byContainer.delete(id);
    return Promise.resolve();
  }

  private onEvent(handler: Handler): Disposable {
    const own: Handler = (event) => handler(event);
    this.handlers.add(own);
    return {
      [Symbol.dispose]: () => {
        this.handlers.delete(own);
      },
    };
  }
}
