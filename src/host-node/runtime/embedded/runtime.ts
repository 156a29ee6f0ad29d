/**
 * The embedded container runtime: OCI-like images in Linux namespaces by the base system's own tools, without a daemon and without root. One
 * instance per node; all of them share the agent's shelf, images and network. Everything it makes lives in the agent's namespaces, so nothing
 * is left when the agent ends, however it ends.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { ContainerRuntime, ContainerStats } from "../../../kubelet/ports/runtime.ts";
import { fileSystemOf } from "../../diskSpace.ts";
import type { ImageLibrary } from "../../images/images.ts";
import type { ClusterNetwork } from "../../network/clusterNetwork.ts";
import type { ControlGroups } from "../cgroups/controlGroups.ts";
import { treeOf, usageOf } from "../processes.ts";
import { NamespaceContainers } from "./containers.ts";
import { NodeGroups } from "./nodeGroups.ts";
import { NamespaceSandboxes } from "./sandboxes.ts";
import { seccompCondition } from "./seccomp.ts";
import type { Shelf } from "./shelf.ts";
import { NamespaceStreams } from "./streams.ts";

export interface EmbeddedRuntimeOptions {
  readonly nodeName: string;
  /** Of this package, for node.status.nodeInfo. */
  readonly version: string;
  readonly network: ClusterNetwork;
  readonly images: ImageLibrary;
  readonly shelf: Shelf;
  readonly cgroups: ControlGroups;
  readonly clock: Clock;
  readonly log: Log;
  readonly logFolder: string;
  /** Whether the agent is root on the machine itself rather than in a user namespace. */
  readonly asRoot: boolean;
}

export function createEmbeddedRuntime(options: EmbeddedRuntimeOptions): ContainerRuntime {
  const { nodeName, network, clock, log, shelf, images } = options;
  const endContainers = async (sandboxId: string): Promise<void> => {
    await Promise.all(containers.inSandbox(sandboxId).map((each) => containers.stop(each.id, 0)));
  };
  const groups = new NodeGroups(options.cgroups, nodeName);
  const sandboxes = new NamespaceSandboxes({ nodeName, network, groups, scratch: shelf.scratch, clock, log, endContainers });
  const { logFolder, asRoot } = options;
  const containers = new NamespaceContainers({ sandboxes, images, shelf, groups, seccomp: shelf.seccomp, clock, logFolder, asRoot });
  return {
    version: `coxswain-embedded://${options.version}`,
    limits: groups.limits,
    supplementalGroupsPolicy: true,
    conditions: shelf.seccomp.missing === "" ? [] : [seccompCondition(shelf.seccomp.missing)],
    sandboxes,
    containers,
    streams: new NamespaceStreams(containers, sandboxes, shelf.pipes),
    images,
    stats: () => statsOf(containers, groups, clock),
    fileSystems: () => fileSystemsOf(images, logFolder),
    async [Symbol.asyncDispose]() {
      for (const { id } of await sandboxes.list()) await sandboxes.remove(id);
      groups[Symbol.dispose]();
    },
  };
}

/** Images and logs are on one disk. */
async function fileSystemsOf(
  images: ImageLibrary,
  folder: string,
): Promise<Awaited<ReturnType<NonNullable<ContainerRuntime["fileSystems"]>>>> {
  const node = await fileSystemOf(existsSync(folder) ? folder : dirname(folder));
  const all = await images.list();
  return { node, images: node, imageBytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

async function statsOf(containers: NamespaceContainers, groups: NodeGroups, clock: Clock): Promise<readonly ContainerStats[]> {
  const running = (await containers.list()).filter(({ state }) => state === "running");
  return await Promise.all(
    running.map(async ({ id }) => {
      const container = containers.get(id);
      const { cpuNanos, memory } = groups.usage(container?.group ?? "");
      const timeMs = clock.now();
      if (cpuNanos === undefined || memory === undefined) return { containerId: id, timeMs, ...(await walked(container?.pid ?? 0)) };
      const { workingSetBytes: memoryBytes, usageBytes: memoryUsageBytes, rssBytes: memoryRssBytes } = memory;
      return { containerId: id, timeMs, cpuNanos, memoryBytes, memoryUsageBytes, memoryRssBytes };
    }),
  );
}

/** Where no control group counts: the sum over the processes of the container. */
async function walked(pid: number): Promise<Pick<ContainerStats, "cpuNanos" | "memoryBytes">> {
  const usages = await Promise.all(treeOf(pid).map(usageOf));
  const sum = (field: "cpuNanos" | "memoryBytes"): number => usages.reduce((total, usage) => total + (usage?.[field] ?? 0), 0);
  return { cpuNanos: sum("cpuNanos"), memoryBytes: sum("memoryBytes") };
}
