/**
 * A container runtime behind the kubelet's port, by CRI v1: one instance per node on the engine that all nodes share. What it started goes on when the
 * agent ends, and is found again. Upstream: pkg/kubelet/cri
 */
import { join } from "node:path";
import type { ContainerRuntime, ContainerStats } from "../../kubelet/ports/runtime.ts";
import type { ClusterNetwork } from "../network/clusterNetwork.ts";
import { fileSystemOf } from "../diskSpace.ts";
import { rotateLog } from "./containerLog.ts";
import { CriContainers } from "./containers.ts";
import type { CriEngine } from "./engine.ts";
import { CriImages, type FindOwnImage } from "./images.ts";
import { imageFsInfo } from "./messages/imageService.ts";
import { reopenContainerLog } from "./messages/runtimeService.ts";
import { listContainerStats } from "./messages/streaming.ts";
import { labels } from "./ownership.ts";
import { NodePodGroups, noPodGroups, type RuntimeGroups } from "./podGroups.ts";
import { CriSandboxes } from "./sandboxes.ts";
import { CriStreams } from "./streams.ts";

export interface CriRuntimeOptions {
  readonly engine: CriEngine;
  readonly nodeName: string;
  readonly network: ClusterNetwork;
  /** This node's, below the cluster's state folder. */
  readonly folder: string;
  readonly ownImages: FindOwnImage;
  /** Undefined: pods have no groups of their own here. */
  readonly groups: RuntimeGroups | undefined;
}

/** Upstream: containerLogMonitorInterval */
const rotationMs = 10_000;

/** Resolves when what runs already is part of the network again. */
export async function createCriRuntime(options: CriRuntimeOptions): Promise<ContainerRuntime> {
  const { engine, nodeName, network, folder, ownImages } = options;
  const { channel, cluster, exits, log, clock, dial } = engine;
  const logFolder = join(folder, "logs");
  const podFolder = join(folder, "pods");
  const shared = { channel, cluster, nodeName, logFolder, podFolder };
  const groups = options.groups === undefined ? undefined : new NodePodGroups(options.groups, nodeName);
  const sandboxes = new CriSandboxes({ ...shared, network, log, exits, groups });
  const containers = new CriContainers({ ...shared, sandboxes, exits, groups });
  await sandboxes.takeOver();
  const rotation = rotateLogs(engine, containers);
  return {
    version: engine.version,
    limits: { enforced: true, why: "" },
    conditions: groups === undefined ? [noPodGroups] : [],
    supplementalGroupsPolicy: engine.supplementalGroupsPolicy,
    sandboxes,
    containers,
    streams: new CriStreams({ channel, containers, clock, dial }),
    images: new CriImages(channel, ownImages, (id) => engine.imageCollector.used(id)),
    stats: () => statsOf(engine, nodeName),
    fileSystems: () => fileSystemsOf(engine, folder),
    problems: () => engine.health.problems,
    async [Symbol.asyncDispose]() {
      rotation[Symbol.dispose]();
    },
  };
}

/** Of a container that has just ended. */
const noMemory = { working_set_bytes: undefined, usage_bytes: undefined, rss_bytes: undefined };

async function statsOf({ channel, cluster, clock }: CriEngine, nodeName: string): Promise<readonly ContainerStats[]> {
  const filter = { label_selector: { [labels.cluster]: cluster, [labels.node]: nodeName } };
  const { stats } = await channel.call(listContainerStats, { filter });
  return stats.map(({ attributes, cpu, memory = noMemory }) => ({
    containerId: attributes?.id ?? "",
    timeMs: cpu === undefined || cpu.timestamp === 0 ? clock.now() : cpu.timestamp / 1e6,
    cpuNanos: cpu?.usage_core_nano_seconds?.value ?? 0,
    memoryBytes: (memory.working_set_bytes ?? memory.usage_bytes)?.value ?? 0,
    memoryUsageBytes: memory.usage_bytes?.value,
    memoryRssBytes: memory.rss_bytes?.value,
  }));
}

async function fileSystemsOf(
  { channel }: CriEngine,
  folder: string,
): Promise<Awaited<ReturnType<NonNullable<ContainerRuntime["fileSystems"]>>>> {
  const { image_filesystems: told } = await channel.call(imageFsInfo, {});
  const node = await fileSystemOf(folder);
  const mountpoint = told[0]?.fs_id?.mountpoint ?? "";
  const images = mountpoint === "" ? node : await fileSystemOf(mountpoint);
  return { node, images, imageBytes: told.reduce((sum, { used_bytes: used }) => sum + (used?.value ?? 0), 0) };
}

/** Logs grow without end otherwise: with CRI their rotation is the kubelet's business. */
function rotateLogs({ channel, clock, log }: CriEngine, containers: CriContainers): Disposable {
  let timer: Disposable | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    for (const { id, state } of await containers.list()) {
      if (state === "running") await rotate(id).catch(failed);
    }
  };
  const rotate = async (id: string): Promise<void> => {
    const found = await containers.log(id);
    if (found !== undefined) await rotateLog(found.path, async () => void (await channel.call(reopenContainerLog, { container_id: id })));
  };
  const failed = (error: unknown): void => log.debug("rotating logs failed, will retry", { error: String(error) });
  const later = (): void => {
    if (closed) return;
    timer = clock.after(rotationMs, () => {
      void look().catch(failed).finally(later);
    });
  };
  later();
  return {
    [Symbol.dispose]() {
      closed = true;
      timer?.[Symbol.dispose]();
    },
  };
}
