/** Taints keep pods away, or, with PreferNoSchedule, make a node less wanted. Upstream: pkg/scheduler/framework/plugins/tainttoleration */
import { improvedNode } from "../clusterEvent.ts";
import { normalizeByHighest, type Plugin } from "../plugin.ts";
import { tolerates, untoleratedTaint } from "./tolerations.ts";

/** Keys and values are not told since upstream 1.35: who may see a pod may not see the nodes. */
const rejection = { reasons: ["node(s) had untolerated taint(s)"], resolvable: false };

export const taintToleration: Plugin = {
  name: "TaintToleration",
  weight: 3,
  prepareFilter: ({ info }) => ({
    reject: ({ node }) => (untoleratedTaint(node.spec?.taints, info.pod.spec.tolerations) === undefined ? undefined : rejection),
  }),
  prepareScore: ({ info }) => {
    const soft = (info.pod.spec.tolerations ?? []).filter(({ effect = "" }) => effect === "" || effect === "PreferNoSchedule");
    return {
      score: ({ node }) =>
        (node.spec?.taints ?? []).filter((taint) => taint.effect === "PreferNoSchedule" && !tolerates(soft, taint)).length,
      normalize: (scores) => normalizeByHighest(scores, true),
    };
  },
  helps: (event, info) => {
    const node = improvedNode(event, "taints");
    return node !== undefined && untoleratedTaint(node.node.spec?.taints, info.pod.spec.tolerations) === undefined;
  },
};
