/** A pod that names its node. Upstream: pkg/scheduler/framework/plugins/nodename/node_name.go */
import { improvedNode } from "../clusterEvent.ts";
import type { Plugin } from "../plugin.ts";

const rejection = { reasons: ["node(s) didn't match the requested node name"], resolvable: false };

export const nodeName: Plugin = {
  name: "NodeName",
  prepareFilter: ({ info }) => {
    const wanted = info.pod.spec.nodeName ?? "";
    return wanted === "" ? undefined : { reject: (node) => (node.name === wanted ? undefined : rejection) };
  },
  helps: (event, info) => improvedNode(event)?.name === info.pod.spec.nodeName,
};
