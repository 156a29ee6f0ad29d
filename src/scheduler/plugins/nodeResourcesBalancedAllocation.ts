/** Nodes whose cpu and memory would be used to similar shares are preferred. Upstream: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go */
import { maxNodeScore, type Plugin } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";

export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  prepareScore: ({ info }) => {
    // A pod that asks for nothing changes no balance.
    if (info.requests.cpu === 0 && info.requests.memory === 0) return undefined;
    return { score: (node) => balance(info, node) };
  },
};

function balance({ requests }: PodInfo, { allocatable, requested }: NodeInfo): number {
  const cpu = share(requests.cpu + requested.cpu, allocatable.cpu);
  const memory = share(requests.memory + requested.memory, allocatable.memory);
  // The standard deviation of two numbers is half their distance.
  const deviation = cpu === undefined || memory === undefined ? 0 : Math.abs(cpu - memory) / 2;
  return Math.floor((1 - deviation) * maxNodeScore);
}

function share(requested: number, capacity: number): number | undefined {
  return capacity === 0 ? undefined : Math.min(1, requested / capacity);
}
