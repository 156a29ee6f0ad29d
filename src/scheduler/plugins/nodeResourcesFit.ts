/**
 * Resources must fit, and emptier nodes are preferred (the LeastAllocated strategy, the default).
 * Upstream: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated}.go
 */
import { improvedNode } from "../clusterEvent.ts";
import { maxNodeScore, type Plugin, type Rejection } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";

/** Messages name these first and in this order. */
const wellKnown: readonly string[] = ["cpu", "memory", "ephemeral-storage"];
const scored: readonly string[] = ["cpu", "memory"];

export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  weight: 1,
  prepareFilter: ({ info }) => {
    const asked = askedOf(info);
    return { reject: (node) => shortage(asked, node) };
  },
  prepareScore: ({ info }) => ({ score: (node) => leastAllocated(info, node) }),
  helps: (event, info) => {
    const node = event.type === "podLeft" ? event.node : improvedNode(event, "allocatable");
    return node !== undefined && shortage(askedOf(info), node) === undefined;
  },
};

type Asked = readonly (readonly [resource: string, amount: number])[];

const rank = (resource: string): number => (wellKnown.includes(resource) ? wellKnown.indexOf(resource) : wellKnown.length);

function askedOf({ requests }: PodInfo): Asked {
  return [...requests].filter(([, amount]) => amount > 0).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function shortage(asked: Asked, node: NodeInfo): Rejection | undefined {
  let reasons: string[] | undefined;
  let resolvable = true;
  const maxPods = node.allocatable.get("pods") ?? 0;
  if (node.pods.size + 1 > maxPods) reasons = ["Too many pods"];
  for (const [resource, amount] of asked) {
    const capacity = node.allocatable.get(resource) ?? 0;
    if (amount + (node.requested.get(resource) ?? 0) <= capacity) continue;
    (reasons ??= []).push(`Insufficient ${resource}`);
    // Not even an empty node would do.
    if (amount > capacity) resolvable = false;
  }
  return reasons && { reasons, resolvable };
}

function leastAllocated({ scoredRequests }: PodInfo, node: NodeInfo): number {
  let sum = 0;
  let weights = 0;
  for (const resource of scored) {
    const capacity = node.allocatable.get(resource) ?? 0;
    if (capacity === 0) continue;
    const requested = (scoredRequests.get(resource) ?? 0) + (node.scoredRequested.get(resource) ?? 0);
    sum += requested > capacity ? 0 : Math.floor(((capacity - requested) * maxNodeScore) / capacity);
    weights += 1;
  }
  return weights === 0 ? 0 : Math.floor(sum / weights);
}
