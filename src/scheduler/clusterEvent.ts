/** What happens in the cluster that may let a waiting pod in. Upstream: pkg/scheduler/eventhandlers.go, framework/events.go */
import { assertNever } from "../base/assert.ts";
import type { NodeInfo } from "./state/nodeInfo.ts";
import type { PodInfo } from "./state/podInfo.ts";
import type { Pod } from "../schema/shapes/core.v1.ts";

export type NodeChange = "allocatable" | "labels" | "taints" | "unschedulable";

export type ClusterEvent =
  | { readonly type: "nodeAdded"; readonly node: NodeInfo }
  | { readonly type: "nodeChanged"; readonly node: NodeInfo; readonly changes: ReadonlySet<NodeChange> }
  | { readonly type: "nodeRemoved" }
  /** A pod came onto a node, or one there got other labels. */
  | { readonly type: "podPlaced"; readonly pod: Pod }
  /** A pod left its node, or asks for less; `node` is absent where the node is gone, too. */
  | { readonly type: "podLeft"; readonly pod: Pod; readonly node: NodeInfo | undefined }
  | { readonly type: "namespaceLabels" };

/** The node that has just become better for a pod, if the event is about one. */
export function improvedNode(event: ClusterEvent, ...changes: NodeChange[]): NodeInfo | undefined {
  if (event.type === "nodeAdded") return event.node;
  return event.type === "nodeChanged" && changes.some((change) => event.changes.has(change)) ? event.node : undefined;
}

/** Whether pods came, went or changed labels, or places did: what rules about other pods look at. */
export function movesPods(event: ClusterEvent, info: PodInfo, sameNamespace: boolean): boolean {
  switch (event.type) {
    case "podPlaced":
    case "podLeft":
      return !sameNamespace || event.pod.metadata.namespace === info.namespace;
    case "nodeAdded":
    case "nodeRemoved":
      return true;
    case "nodeChanged":
      return event.changes.has("labels") || event.changes.has("taints");
    case "namespaceLabels":
      return !sameNamespace;
    default:
      return assertNever(event);
  }
}
