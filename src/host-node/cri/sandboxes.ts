/** Pod sandboxes of a CRI runtime. Their network is ours: the CNI plug-in of cni.ts wires the pod's end by a plan that is laid out here. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import type { PodSandboxConfig, Sandboxes, SandboxStatus } from "../../kubelet/ports/runtime.ts";
import type { ClusterNetwork } from "../network/clusterNetwork.ts";
import type { NodePodGroups } from "./podGroups.ts";
import { runTool } from "../tool.ts";
import { layOutPlan, removePlan } from "./cni.ts";
import type { Draft } from "./codec.ts";
import type { ExitWatch } from "./exitWatch.ts";
import { type GrpcChannel, ignoringMissing } from "./grpc.ts";
import { namespaceModes, protocols, type SandboxConfig, sandboxStates } from "./messages/sandbox.ts";
import { listPodSandbox, podSandboxStatus, removePodSandbox, runPodSandbox, stopPodSandbox } from "./messages/runtimeService.ts";
import { annotations, labels } from "./ownership.ts";

export interface CriSandboxesOptions {
  readonly channel: GrpcChannel;
  readonly cluster: string;
  readonly nodeName: string;
  readonly network: ClusterNetwork;
  /** Logs of pods. */
  readonly logFolder: string;
  /** Files of pods: /etc/hosts, termination messages. */
  readonly podFolder: string;
  readonly log: Log;
  readonly exits: ExitWatch;
  readonly groups: NodePodGroups | undefined;
}

/** Upstream: pkg/kubelet/cri (sandbox operations get twice the usual time) */
const runTimeoutMs = 240_000;

export class CriSandboxes implements Sandboxes {
  readonly #options: CriSandboxesOptions;
  /** By sandbox id: what doesn't change. */
  readonly #known = new Map<string, { readonly config: PodSandboxConfig; readonly ip: string }>();
  /** That we stopped, and are still there: their end is no news. */
  readonly #stopped = new Set<string>();
  readonly #lost = new Set<(sandboxId: string) => void>();

  constructor(options: CriSandboxesOptions) {
    this.#options = options;
  }

  async run(config: PodSandboxConfig): Promise<SandboxStatus> {
    const { channel, network, nodeName, groups } = this.#options;
    const owner = ownerOf(config);
    const link = config.hostNetwork ? undefined : network.reserve(owner, nodeName);
    let id = "";
    try {
      groups?.add(owner, config.cgroup);
      if (link !== undefined) await layOutPlan(config.podUid, link);
      ({ pod_sandbox_id: id } = await channel.call(runPodSandbox, { config: this.draft(config) }, { timeoutMs: runTimeoutMs }));
      this.#known.set(id, { config, ip: link?.ip ?? "" });
      if (link !== undefined) await network.attach(owner);
      const now = await this.#now(id);
      this.#watch(id);
      return { id, config, ip: link?.ip ?? "", ...now };
    } catch (error) {
      // Nobody would ever ask for it.
      if (id !== "") await this.remove(id).catch(() => undefined);
      network.release(owner);
      groups?.remove(owner);
      throw error;
    } finally {
      await removePlan(config.podUid);
    }
  }

  async #now(id: string): Promise<Pick<SandboxStatus, "state" | "createdAtMs">> {
    const { status } = await this.#options.channel.call(podSandboxStatus, { pod_sandbox_id: id });
    return { state: status?.state === sandboxStates.ready ? "ready" : "notReady", createdAtMs: (status?.created_at ?? 0) / 1e6 };
  }

  /** What the runtime is told, at the sandbox's start and again with each container. */
  draft(config: PodSandboxConfig): Draft<SandboxConfig> {
    const { cluster, nodeName, logFolder } = this.#options;
    const { pod, node, container } = namespaceModes;
    const network = config.hostNetwork ? node : pod;
    const pid = config.hostPid ? node : config.shareProcessNamespace ? pod : container;
    return {
      metadata: { name: config.name, uid: config.podUid, namespace: config.namespace, attempt: config.attempt },
      // On the machine's own network the runtime takes the machine's name.
      hostname: config.hostNetwork ? "" : config.hostname,
      log_directory: podLogFolder(logFolder, config),
      dns_config: config.dns,
      port_mappings: config.ports.map(({ protocol, containerPort, hostPort }) => ({
        protocol: protocols[protocol] ?? 0,
        container_port: containerPort,
        host_port: hostPort,
      })),
      labels: { ...config.labels, [labels.cluster]: cluster, [labels.node]: nodeName },
      annotations: { ...config.annotations, [annotations.sandbox]: JSON.stringify(config) },
      linux: {
        cgroup_parent: this.#options.groups?.parentFor(config.cgroup),
        security_context: {
          namespace_options: { network, pid, ipc: config.hostIpc === true ? node : pod },
          privileged: config.privileged === true,
        },
        sysctls: { ...(config.hostNetwork ? {} : { "net.ipv4.ip_unprivileged_port_start": "0" }), ...config.sysctls },
      },
    };
  }

  async stop(id: string): Promise<void> {
    const { channel, exits, network } = this.#options;
    this.#stopped.add(id);
    exits.drop(id);
    await ignoringMissing(channel.call(stopPodSandbox, { pod_sandbox_id: id }));
    const known = this.#known.get(id);
    if (known !== undefined) network.release(ownerOf(known.config));
    // What ran in it has ended.
    await exits.look();
  }

  async remove(id: string): Promise<void> {
    const { channel, logFolder, podFolder, groups } = this.#options;
    await this.stop(id);
    await ignoringMissing(channel.call(removePodSandbox, { pod_sandbox_id: id }));
    const known = this.#known.get(id);
    this.#known.delete(id);
    this.#stopped.delete(id);
    if (known !== undefined) groups?.remove(ownerOf(known.config));
    if (known === undefined || [...this.#known.values()].some(({ config }) => config.podUid === known.config.podUid)) return;
    await rm(podLogFolder(logFolder, known.config), { recursive: true, force: true });
    await rm(join(podFolder, known.config.podUid), { recursive: true, force: true });
  }

  async resize(id: string, cgroup: PodSandboxConfig["cgroup"]): Promise<void> {
    const known = this.#known.get(id);
    if (known === undefined) throw new Error(`sandbox ${id} is not running`);
    this.#options.groups?.change(ownerOf(known.config), cgroup);
  }

  async list(): Promise<readonly SandboxStatus[]> {
    const { channel, cluster, nodeName } = this.#options;
    const filter = { label_selector: { [labels.cluster]: cluster, [labels.node]: nodeName } };
    const { items } = await channel.call(listPodSandbox, { filter });
    const found = await Promise.all(
      items.map(async (item): Promise<SandboxStatus | undefined> => {
        const known = this.#known.get(item.id) ?? (await this.#learn(item.id, item.annotations[annotations.sandbox]));
        if (known === undefined) return undefined;
        const state = item.state === sandboxStates.ready ? "ready" : "notReady";
        if (state === "ready") this.#watch(item.id);
        return { id: item.id, ...known, state, createdAtMs: item.created_at / 1e6 };
      }),
    );
    return found.filter((status) => status !== undefined);
  }

  onLost(handler: (sandboxId: string) => void): Disposable {
    this.#lost.add(handler);
    return { [Symbol.dispose]: () => void this.#lost.delete(handler) };
  }

  configOf(id: string): PodSandboxConfig | undefined {
    return this.#known.get(id)?.config;
  }

  ipOf(id: string): string {
    return this.#known.get(id)?.ip ?? "";
  }

  /**
   * Takes over what runs already: the links of its pods ended with the agent that made them, so they are made anew with the same addresses. A pod that
   * can't be joined again loses its sandbox, and the kubelet makes it another.
   */
  async takeOver(): Promise<void> {
    const { log } = this.#options;
    for (const { id, config, ip, state } of await this.list()) {
      if (state !== "ready" || config.hostNetwork) continue;
      try {
        await this.#rejoin(id, config, ip);
      } catch (error) {
        log.warn("a pod can't be joined to the network again", { pod: `${config.namespace}/${config.name}`, error: String(error) });
        await this.stop(id).catch(() => undefined);
      }
    }
  }

  #watch(id: string): void {
    if (this.#stopped.has(id)) return;
    this.#options.exits.add(id, () => {
      for (const handler of this.#lost) handler(id);
    });
  }

  async #rejoin(id: string, config: PodSandboxConfig, ip: string): Promise<void> {
    const { network, nodeName } = this.#options;
    const owner = ownerOf(config);
    const link = network.reserve(owner, nodeName, ip);
    const path = await this.#networkPath(id);
    const lines = ["link del eth0", ...link.insideLines].map((line) => `${line}\n`).join("");
    // The old end may be there still: its removal may fail, the rest not.
    await runTool("nsenter", [`--net=${path}`, "ip", "-force", "-batch", "-"], { input: lines }).catch(() => undefined);
    await network.attach(owner);
  }

  async #networkPath(id: string): Promise<string> {
    const { info } = await this.#options.channel.call(podSandboxStatus, { pod_sandbox_id: id, verbose: true });
    const details = JSON.parse(info["info"] ?? "{}") as SandboxDetails;
    const path = details.runtimeSpec?.linux?.namespaces?.find(({ type }) => type === "network")?.path;
    if (path !== undefined && path !== "") return path;
    if (details.pid === undefined || details.pid === 0) throw new Error(`the runtime doesn't tell where the network of sandbox ${id} is`);
    return `/proc/${details.pid}/ns/net`;
  }

  async #learn(id: string, text: string | undefined): Promise<{ readonly config: PodSandboxConfig; readonly ip: string } | undefined> {
    if (text === undefined) return undefined;
    const config = JSON.parse(text) as PodSandboxConfig;
    const { status } = await this.#options.channel.call(podSandboxStatus, { pod_sandbox_id: id });
    const known = { config, ip: status?.network?.ip ?? "" };
    this.#known.set(id, known);
    this.#options.groups?.adopt(ownerOf(config), config.cgroup);
    return known;
  }
}

/** What containerd and CRI-O tell of a sandbox when asked for everything. */
interface SandboxDetails {
  readonly pid?: number;
  readonly runtimeSpec?: { readonly linux?: { readonly namespaces?: readonly { readonly type: string; readonly path?: string }[] } };
}

/** In whose name an address is taken: known before the runtime has given the sandbox its id. */
function ownerOf({ podUid, attempt }: PodSandboxConfig): string {
  return `${podUid}/${attempt}`;
}

/** Upstream: pkg/kubelet/kuberuntime/helpers.go (BuildPodLogsDirectory) */
function podLogFolder(folder: string, { namespace, name, podUid }: PodSandboxConfig): string {
  return join(folder, `${namespace}_${name}_${podUid}`);
}
