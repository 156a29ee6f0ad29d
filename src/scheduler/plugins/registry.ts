/** The plugins, in the order in which a node's first objection is told. Upstream: pkg/scheduler/apis/config/v1/default_plugins.go */
import type { Plugin } from "../plugin.ts";
import { imageLocality } from "./imageLocality.ts";
import { interPodAffinity } from "./interPodAffinity.ts";
import { nodeAffinity } from "./nodeAffinity.ts";
import { nodeName } from "./nodeName.ts";
import { nodePorts } from "./nodePorts.ts";
import { nodeResourcesBalancedAllocation } from "./nodeResourcesBalancedAllocation.ts";
import { nodeResourcesFit } from "./nodeResourcesFit.ts";
import { nodeUnschedulable } from "./nodeUnschedulable.ts";
import { podTopologySpread } from "./podTopologySpread.ts";
import { taintToleration } from "./taintToleration.ts";

export const defaultPlugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
  interPodAffinity,
  nodeResourcesBalancedAllocation,
  imageLocality,
];
