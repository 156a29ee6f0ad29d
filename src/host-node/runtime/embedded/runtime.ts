/**
 * The embedded container runtime: OCI-like images in Linux namespaces by the base system's own tools, without a daemon and without root. One
 * instance per node; all of them share the agent's shelf, images and network. Everything it makes lives in the agent's namespaces, so nothing
 * is left when the agent ends, however it ends.
 */
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { ContainerRuntime, ContainerStats } from "../../../kubelet/ports/runtime.ts";
import type { ImageLibrary } from "../../images/images.ts";
import type { ClusterNetwork } from "../../network/clusterNetwork.ts";
import { treeOf, usageOf } from "../processes.ts";
import { NamespaceContainers } from "./containers.ts";
import { NamespaceSandboxes } from "./sandboxes.ts";
import type { Shelf } from "./shelf.ts";
import { NamespaceStreams } from "./streams.ts";

export interface EmbeddedRuntimeOptions {
  readonly nodeName: string;
  /** Of this package, for node.status.nodeInfo. */
  readonly version: string;
  readonly network: ClusterNetwork;
  readonly images: ImageLibrary;
  readonly shelf: Shelf;
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
  const sandboxes = new NamespaceSandboxes({ nodeName, network, clock, log, endContainers });
  const { logFolder, asRoot } = options;
  const containers = new NamespaceContainers({ sandboxes, images, shelf, clock, logFolder, asRoot });
  return {
    version: `coxswain-embedded://${options.version}`,
    limits: { enforced: false, why: "the embedded runtime does not set cgroup limits yet" },
    sandboxes,
    containers,
    streams: new NamespaceStreams(containers, sandboxes, shelf.pipes),
    images,
    stats: () => statsOf(containers, clock),
    async [Symbol.asyncDispose]() {
      for (const { id } of await sandboxes.list()) await sandboxes.remove(id);
    },
  };
}

async function statsOf(containers: NamespaceContainers, clock: Clock): Promise<readonly ContainerStats[]> {
  const running = (await containers.list()).filter(({ state }) => state === "running");
  return await Promise.all(
    running.map(async ({ id }) => {
      const usages = await Promise.all(treeOf(containers.get(id)?.pid ?? 0).map(usageOf));
      const sum = (field: "cpuNanos" | "memoryBytes"): number => usages.reduce((total, usage) => total + (usage?.[field] ?? 0), 0);
      return { containerId: id, timeMs: clock.now(), cpuNanos: sum("cpuNanos"), memoryBytes: sum("memoryBytes") };
    }),
  );
}
