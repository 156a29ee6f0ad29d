/** A topology spread constraint, ready to count with. Upstream: pkg/scheduler/framework/plugins/podtopologyspread/common.go */
import type { Selector } from "../../machinery/selectors.ts";
import { lenientSelector } from "../state/affinityTerm.ts";
import type { NodeInfo, PodMatcher } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";
import { untoleratedTaint } from "./tolerations.ts";

export interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** Which pods count; undefined: none does. */
  readonly matcher: PodMatcher | undefined;
  /** Whether the pod itself will count. */
  readonly countsItself: boolean;
  /** Whether a node's pods count at all. */
  readonly includes: (info: PodInfo, node: NodeInfo) => boolean;
}

export function constraintsOf(info: PodInfo, whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway"): Constraint[] {
  const wanted = (info.pod.spec.topologySpreadConstraints ?? []).filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable);
  return wanted.map(({ topologyKey, maxSkew, minDomains = 1, labelSelector, nodeAffinityPolicy, nodeTaintsPolicy }) => {
    const selector = lenientSelector(labelSelector);
    const honoursAffinity = nodeAffinityPolicy !== "Ignore";
    const honoursTaints = nodeTaintsPolicy === "Honor";
    return {
      topologyKey,
      maxSkew,
      minDomains,
      matcher: siblings(info.namespace, [selector]),
      countsItself: selector.matches(info.pod.metadata.labels),
      includes: (pod, { node }) =>
        (!honoursAffinity || pod.nodes.allows(node)) &&
        (!honoursTaints || untoleratedTaint(node.spec?.taints, pod.pod.spec.tolerations) === undefined),
    };
  });
}

const defaults = [
  { topologyKey: "kubernetes.io/hostname", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
];

const allowed: Constraint["includes"] = (pod, { node }) => pod.nodes.allows(node);

/** For pods that say nothing themselves; wishes only. */
export function defaultConstraints(info: PodInfo, selectors: readonly Selector[]): Constraint[] {
  if (selectors.length === 0) return [];
  const matcher = siblings(info.namespace, selectors);
  return defaults.map((constraint) => ({ ...constraint, minDomains: 1, matcher, countsItself: true, includes: allowed }));
}

/** Pods of one namespace that all the selectors select and that are not on their way out. An empty selector counts nothing. */
function siblings(namespace: string, selectors: readonly Selector[]): PodMatcher | undefined {
  if (selectors.every(({ empty }) => empty)) return undefined;
  return {
    key: `spread|${namespace}|${selectors.join("&")}`,
    matches: ({ metadata }) =>
      metadata.namespace === namespace &&
      metadata.deletionTimestamp === undefined &&
      selectors.every((selector) => selector.matches(metadata.labels)),
  };
}
