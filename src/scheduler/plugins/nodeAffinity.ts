/** Node selectors and node affinity. Upstream: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go */
import { improvedNode } from "../clusterEvent.ts";
import { normalizeByHighest, type Plugin } from "../plugin.ts";
import { nodePreference, prefersNodes } from "../state/nodeSelection.ts";

const rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], resolvable: false };

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  weight: 2,
  prepareFilter: ({ info: { nodes } }) => {
    if (nodes.everything) return undefined;
    return { reject: ({ node }) => (nodes.allows(node) ? undefined : rejection), names: nodes.names };
  },
  prepareScore: ({ info: { pod } }) => {
    if (!prefersNodes(pod)) return undefined;
    return { score: ({ node }) => nodePreference(pod, node), normalize: (scores) => normalizeByHighest(scores, false) };
  },
  helps: (event, { nodes }) => {
    const node = improvedNode(event, "labels");
    return node !== undefined && nodes.allows(node.node);
  },
};
