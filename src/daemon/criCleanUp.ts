/** What a cluster leaves in a container runtime that it doesn't own: its pods go with it, as they do on the embedded runtime. */
import { readFileSync, rmSync } from "node:fs";
import { GrpcChannel } from "../host-node/cri/grpc.ts";
import { listPodSandbox, removePodSandbox, stopPodSandbox } from "../host-node/cri/messages/runtimeService.ts";
import { clusterLabel, labels } from "../host-node/cri/ownership.ts";
import { runTool } from "../host-node/tool.ts";
import type { ClusterState } from "./clusterState.ts";

/** So many sandboxes at a time. */
const atOnce = 8;

/** Stops and removes all of the cluster's sandboxes; unmounts its volumes in memory. */
export async function endCriPods(state: ClusterState, criSocket: string): Promise<void> {
  using channel = new GrpcChannel(criSocket);
  const filter = { label_selector: { [labels.cluster]: clusterLabel(state.name, state.folder) } };
  const { items } = await channel.call(listPodSandbox, { filter });
  const left = items.map(({ id }) => id);
  const worker = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      await channel.call(stopPodSandbox, { pod_sandbox_id: id });
      await channel.call(removePodSandbox, { pod_sandbox_id: id });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  for (const path of mountsBelow(state.path("volumes"))) await runTool("umount", ["-n", "-l", path]);
  rmSync(state.path("cri"), { recursive: true, force: true });
}

function mountsBelow(folder: string): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[4] ?? "").replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
    .filter((path) => path.startsWith(`${folder}/`));
}
