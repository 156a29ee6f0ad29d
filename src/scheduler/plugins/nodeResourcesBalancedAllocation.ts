/** Nodes whose cpu and memory would be used to similar shares are preferred. Upstream: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go */
import { maxNodeScore, type Plugin } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";

const resources: readonly string[] = ["cpu", "memory"];

export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  prepareScore: ({ info }) => {
    // A pod that asks for nothing changes no balance.
    if (resources.every((resource) => (info.requests.get(resource) ?? 0) === 0)) return undefined;
    return { score: (node) => balance(info, node) };
  },
};

function balance({ requests }: PodInfo, node: NodeInfo): number {
  const shares: number[] = [];
  for (const resource of resources) {
    const capacity = node.allocatable.get(resource) ?? 0;
    if (capacity === 0) continue;
    shares.push(Math.min(1, ((requests.get(resource) ?? 0) + (node.requested.get(resource) ?? 0)) / capacity));
  }
  const [a, b] = shares;
  // The standard deviation of two numbers is half their distance.
  const deviation = a === undefined || b === undefined ? 0 : Math.abs(a - b) / 2;
  return Math.floor((1 - deviation) * maxNodeScore);
}
