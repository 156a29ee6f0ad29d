/**
 * Resources must fit, and emptier nodes are preferred (the LeastAllocated strategy, the default).
 * Upstream: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated}.go
 */
import { improvedNode } from "../clusterEvent.ts";
import { maxNodeScore, type Plugin, type Rejection } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";

export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  weight: 1,
  prepareFilter: ({ info }) => ({ reject: (node) => shortage(info, node) }),
  prepareScore: ({ info }) => ({ score: (node) => leastAllocated(info, node) }),
  helps: (event, info) => {
    const node = event.type === "podLeft" ? event.node : improvedNode(event, "allocatable");
    return node !== undefined && shortage(info, node) === undefined;
  },
};

function shortage({ requests }: PodInfo, { allocatable, requested, pods }: NodeInfo): Rejection | undefined {
  const short: string[] = [];
  let resolvable = true;
  if (pods.size + 1 > allocatable.get("pods")) short.push("Too many pods");
  const check = (resource: string, asked: number, used: number, capacity: number): void => {
    if (asked === 0 || asked + used <= capacity) return;
    short.push(`Insufficient ${resource}`);
    // Not even an empty node would do.
    if (asked > capacity) resolvable = false;
  };
  check("cpu", requests.cpu, requested.cpu, allocatable.cpu);
  check("memory", requests.memory, requested.memory, allocatable.memory);
  check("ephemeral-storage", requests.storage, requested.storage, allocatable.storage);
  for (const [resource, asked] of requests.others) check(resource, asked, requested.get(resource), allocatable.get(resource));
  return short.length === 0 ? undefined : { reasons: short, resolvable };
}

function leastAllocated({ scoredRequests }: PodInfo, { allocatable, scoredRequested }: NodeInfo): number {
  const cpu = shareLeft(scoredRequests.cpu + scoredRequested.cpu, allocatable.cpu);
  const memory = shareLeft(scoredRequests.memory + scoredRequested.memory, allocatable.memory);
  if (cpu === undefined) return memory ?? 0;
  return memory === undefined ? cpu : Math.floor((cpu + memory) / 2);
}

function shareLeft(requested: number, capacity: number): number | undefined {
  if (capacity === 0) return undefined;
  return requested > capacity ? 0 : Math.floor(((capacity - requested) * maxNodeScore) / capacity);
}
