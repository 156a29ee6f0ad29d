/** Cordoned nodes. Upstream: pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go */
import { improvedNode } from "../clusterEvent.ts";
import type { Plugin } from "../plugin.ts";
import { tolerates } from "./tolerations.ts";

const rejection = { reasons: ["node(s) were unschedulable"], resolvable: false };
const cordon = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  prepareFilter: ({ info }) => {
    if (tolerates(info.pod.spec.tolerations, cordon)) return undefined;
    return { reject: ({ node }) => (node.spec?.unschedulable === true ? rejection : undefined) };
  },
  helps: (event) => {
    const node = improvedNode(event, "unschedulable");
    return node !== undefined && node.node.spec?.unschedulable !== true;
  },
};
