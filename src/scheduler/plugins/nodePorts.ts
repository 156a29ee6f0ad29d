/** Host ports are taken once. Upstream: pkg/scheduler/framework/plugins/nodeports/node_ports.go */
import { improvedNode } from "../clusterEvent.ts";
import type { Plugin } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";

const rejection = { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };

const collides = (node: NodeInfo, { hostPorts }: PodInfo): boolean => hostPorts.some((port) => node.ports.collides(port));

export const nodePorts: Plugin = {
  name: "NodePorts",
  prepareFilter: ({ info }) => {
    if (info.hostPorts.length === 0) return undefined;
    return { reject: (node) => (collides(node, info) ? rejection : undefined) };
  },
  helps: (event, info) => {
    const node = event.type === "podLeft" ? event.node : improvedNode(event);
    return node !== undefined && !collides(node, info);
  },
};
