/** Containers of a CRI runtime: their life is the runtime's, what is kept here is only who wants to be told and where their files are. */
import { mkdir, readFile, writeFile, chmod } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ContainerConfig, type Containers, type ContainerStatus, StartError, type Written } from "../../kubelet/ports/runtime.ts";
import { podFiles } from "../runtime/podFiles.ts";
import { takenBy } from "../diskSpace.ts";
import { containerDraft, resourcesDraft } from "./containerDraft.ts";
import { ContainerLog } from "./containerLog.ts";
import type { ExitWatch } from "./exitWatch.ts";
import { GrpcError, grpcCodes, type GrpcChannel, ignoringMissing } from "./grpc.ts";
import { type ContainerStatus as CriStatus, containerStates } from "./messages/container.ts";
import {
  containerStatusOf,
  createContainer,
  listContainers,
  removeContainer,
  startContainer,
  stopContainer,
  updateContainerResources,
} from "./messages/runtimeService.ts";
import { containerStats } from "./messages/streaming.ts";
import { annotations, labels } from "./ownership.ts";
import type { NodePodGroups } from "./podGroups.ts";
import type { CriSandboxes } from "./sandboxes.ts";

export interface CriContainersOptions {
  readonly channel: GrpcChannel;
  readonly cluster: string;
  readonly nodeName: string;
  readonly sandboxes: CriSandboxes;
  readonly exits: ExitWatch;
  readonly podFolder: string;
  readonly logFolder: string;
  readonly groups: NodePodGroups | undefined;
}

type Handler = Parameters<Containers["onEvent"]>[0];

/** How much of a termination message is read. Upstream: pkg/kubelet/container/runtime.go */
const maxTerminationBytes = 4096;
/** Beyond the grace, before the call itself counts as failed. */
const stopPatienceMs = 120_000;

export class CriContainers implements Containers {
  readonly #options: CriContainersOptions;
  readonly #handlers = new Set<Handler>();
  /** By container id; containerd's status doesn't name the sandbox. */
  readonly #sandboxOf = new Map<string, string>();

  constructor(options: CriContainersOptions) {
    this.#options = options;
  }

  async create(sandboxId: string, config: ContainerConfig): Promise<string> {
    const { channel, cluster, nodeName, sandboxes, logFolder, groups } = this.#options;
    const sandbox = sandboxes.configOf(sandboxId);
    if (sandbox === undefined) throw new Error(`sandbox ${sandboxId} is not running`);
    const sandboxDraft = sandboxes.draft(sandbox);
    const logPath = join(config.name, `${config.attempt}.log`);
    await mkdir(dirname(join(sandboxDraft.log_directory ?? logFolder, logPath)), { recursive: true });
    const terminationLog = config.terminationMessagePath === "" ? "" : await this.#terminationLog(sandbox.podUid, config);
    const files = new Map([["/etc/hosts", await this.#hosts(sandboxId)]]);
    if (terminationLog !== "") files.set(config.terminationMessagePath, terminationLog);
    const draft = containerDraft(config, {
      sandbox,
      logPath,
      files,
      labels: { [labels.cluster]: cluster, [labels.node]: nodeName },
      annotations: { [annotations.image]: config.image, [annotations.terminationLog]: terminationLog },
    });
    groups?.allow(sandbox.cgroup.parent, config.name, config.resources);
    const { container_id: id } = await channel.call(createContainer, {
      pod_sandbox_id: sandboxId,
      config: draft,
      sandbox_config: sandboxDraft,
    });
    this.#sandboxOf.set(id, sandboxId);
    return id;
  }

  async start(id: string): Promise<void> {
    try {
      await this.#options.channel.call(startContainer, { container_id: id });
    } catch (error) {
      if (!(error instanceof GrpcError) || error.code === grpcCodes.unavailable || error.code === grpcCodes.notFound) throw error;
      throw new StartError(startExitCode(error.description), error.description);
    }
    this.#tell(id, "started");
    this.#watch(id);
  }

  async stop(id: string, graceMs: number): Promise<void> {
    const { channel, exits } = this.#options;
    const timeout = Math.ceil(graceMs / 1000);
    await ignoringMissing(channel.call(stopContainer, { container_id: id, timeout }, { timeoutMs: graceMs + stopPatienceMs }));
    if (this.#sandboxOf.has(id)) exits.ended(id);
  }

  async remove(id: string): Promise<void> {
    const { channel, exits } = this.#options;
    const status = await this.#ask(id);
    if (status === undefined) return;
    if (status.state === containerStates.running) await this.stop(id, 0);
    await ignoringMissing(channel.call(removeContainer, { container_id: id }));
    // It may have ended just before, and not been told of: who follows its log waits for that.
    exits.ended(id);
    this.#sandboxOf.delete(id);
  }

  async status(id: string): Promise<ContainerStatus | undefined> {
    const status = await this.#ask(id);
    return status === undefined ? undefined : await this.#translated(status);
  }

  async list(): Promise<readonly ContainerStatus[]> {
    const { channel, cluster, nodeName } = this.#options;
    const filter = { label_selector: { [labels.cluster]: cluster, [labels.node]: nodeName } };
    const { containers } = await channel.call(listContainers, { filter });
    const found = await Promise.all(
      containers.map(async ({ id, pod_sandbox_id, state }) => {
        this.#sandboxOf.set(id, pod_sandbox_id);
        // Found again after a restart of ours.
        if (state === containerStates.running) this.#watch(id);
        return await this.status(id);
      }),
    );
    return found.filter((status) => status !== undefined);
  }

  async resize(id: string, resources: ContainerConfig["resources"]): Promise<void> {
    const { channel, sandboxes, groups } = this.#options;
    const status = await this.#ask(id);
    if (status === undefined) throw new Error(`no container ${id}`);
    const parent = sandboxes.configOf(this.#sandboxOf.get(id) ?? "")?.cgroup.parent;
    if (parent !== undefined) groups?.allow(parent, status.metadata?.name ?? "", resources);
    await channel.call(updateContainerResources, { container_id: id, linux: resourcesDraft(resources) });
  }

  /** The runtime looks at its layers every few seconds. */
  async written(id: string): Promise<Written | undefined> {
    const { stats } = (await ignoringMissing(this.#options.channel.call(containerStats, { container_id: id }))) ?? {};
    const used = stats?.writable_layer?.used_bytes;
    if (used === undefined) return undefined;
    const log = await this.log(id);
    return { rootBytes: used.value, logBytes: log === undefined ? 0 : await takenBy(new ContainerLog(log.path, true).segments) };
  }

  onEvent(handler: Handler): Disposable {
    this.#handlers.add(handler);
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  /** The log's file on this machine, and whether the container may still write to it. */
  async log(id: string): Promise<{ readonly path: string; readonly running: boolean } | undefined> {
    const status = await this.#ask(id);
    if (status === undefined) return undefined;
    return { path: status.log_path, running: status.state === containerStates.running || status.state === containerStates.created };
  }

  /** Its first process on this machine; 0 where the runtime doesn't tell. */
  async pid(id: string): Promise<number> {
    const { info } = await this.#options.channel.call(containerStatusOf, { container_id: id, verbose: true });
    const { pid = 0 } = JSON.parse(info["info"] ?? "{}") as { readonly pid?: number };
    return pid;
  }

  #watch(id: string): void {
    this.#options.exits.add(id, () => this.#tell(id, "exited"));
  }

  #tell(containerId: string, type: "started" | "exited"): void {
    const sandboxId = this.#sandboxOf.get(containerId) ?? "";
    for (const handler of this.#handlers) handler({ containerId, sandboxId, type });
  }

  async #ask(id: string): Promise<CriStatus | undefined> {
    const answer = await ignoringMissing(this.#options.channel.call(containerStatusOf, { container_id: id }));
    return answer?.status;
  }

  async #translated(status: CriStatus): Promise<ContainerStatus> {
    const exited = status.state === containerStates.exited || status.state === containerStates.unknown;
    const exitCode = exited ? status.exit_code : 0;
    const terminationLog = exited ? await readTerminationLog(status.annotations[annotations.terminationLog]) : "";
    return {
      id: status.id,
      sandboxId: this.#sandboxOf.get(status.id) ?? "",
      name: status.metadata?.name ?? "",
      attempt: status.metadata?.attempt ?? 0,
      image: status.annotations[annotations.image] ?? "",
      imageRef: status.image_ref,
      state: exited ? "exited" : status.state === containerStates.running ? "running" : "created",
      createdAtMs: status.created_at / 1e6,
      startedAtMs: status.started_at / 1e6,
      finishedAtMs: exited ? status.finished_at / 1e6 : 0,
      exitCode,
      signal: 0,
      user: userOf(status),
      reason: exited ? status.reason : "",
      message: terminationLog === "" ? status.message : terminationLog,
    };
  }

  /** One file for all containers of a pod, as the kubelet has it. */
  async #hosts(sandboxId: string): Promise<string> {
    const { sandboxes, podFolder } = this.#options;
    const config = sandboxes.configOf(sandboxId);
    if (config === undefined) throw new Error(`sandbox ${sandboxId} is not running`);
    const folder = join(podFolder, config.podUid);
    await mkdir(folder, { recursive: true });
    const path = join(folder, "etc-hosts");
    await writeFile(path, podFiles(config, sandboxes.ipOf(sandboxId)).get("/etc/hosts") ?? "");
    await chmod(path, 0o644);
    return path;
  }

  async #terminationLog(podUid: string, { name, attempt }: ContainerConfig): Promise<string> {
    const path = join(this.#options.podFolder, podUid, "containers", name, String(attempt));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "");
    // Whoever the container runs as may write to it.
    await chmod(path, 0o666);
    return path;
  }
}

function userOf({ user }: CriStatus): ContainerStatus["user"] {
  if (user?.linux === undefined) return undefined;
  const { uid, gid, supplemental_groups: groups } = user.linux;
  return { uid, gid, groups };
}

async function readTerminationLog(path: string | undefined): Promise<string> {
  if (path === undefined || path === "") return "";
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes.subarray(-maxTerminationBytes).toString();
}

/** As shells say it: 127 not found, 126 found but not to be executed. */
function startExitCode(description: string): number {
  if (/executable file not found|no such file or directory/.test(description)) return 127;
  return /permission denied/.test(description) ? 126 : 128;
}
