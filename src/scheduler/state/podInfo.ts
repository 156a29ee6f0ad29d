/** A pod with everything that scheduling asks of it again and again, read once. Upstream: pkg/scheduler/framework/types.go (PodInfo) */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { type AffinityTerm, affinityTermsOf } from "./affinityTerm.ts";
import { type HostPort, hostPortsOf } from "./hostPorts.ts";
import { type NodeSelection, nodeSelectionOf } from "./nodeSelection.ts";
import { type Amounts, requestsOf, scoredRequestsOf } from "./resources.ts";

export interface PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly priority: number;
  readonly requests: Amounts;
  readonly scoredRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
  readonly terms: readonly AffinityTerm[];
  readonly nodes: NodeSelection;
}

export function podInfoOf(pod: Pod): PodInfo {
  const { namespace = "", name } = pod.metadata;
  return {
    pod,
    uid: uidOf(pod),
    namespace,
    name,
    priority: pod.spec.priority ?? 0,
    requests: requestsOf(pod),
    scoredRequests: scoredRequestsOf(pod),
    hostPorts: hostPortsOf(pod),
    terms: affinityTermsOf(pod),
    nodes: nodeSelectionOf(pod),
  };
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`;
}
