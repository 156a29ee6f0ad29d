/**
 * Pods spread over zones, hosts or any other topology: as a rule (DoNotSchedule) or a wish (ScheduleAnyway). Pods without constraints of their own
 * that belong to a Service or a controller are spread over hosts and zones, as upstream does by default.
 * Upstream: pkg/scheduler/framework/plugins/podtopologyspread/{filtering,scoring,common}.go
 */
import { movesPods } from "../clusterEvent.ts";
import { maxNodeScore, type NodeFilter, type NodeScorer, type Plugin, type Scene } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import type { PodInfo } from "../state/podInfo.ts";
import { type Constraint, constraintsOf, defaultConstraints } from "./spreadConstraint.ts";

const hostname = "kubernetes.io/hostname";
const unmatched = "node(s) didn't match pod topology spread constraints";
const unevenly = { reasons: [unmatched], resolvable: true };
const unlabelled = { reasons: [`${unmatched} (missing required label)`], resolvable: false };

export const podTopologySpread: Plugin = {
  name: "PodTopologySpread",
  weight: 2,
  prepareFilter: (scene) => {
    const constraints = constraintsOf(scene.info, "DoNotSchedule");
    return constraints.length === 0 ? undefined : hardSpread(scene, constraints);
  },
  prepareScore: (scene, feasible) => {
    const own = (scene.info.pod.spec.topologySpreadConstraints ?? []).length > 0;
    const constraints = own
      ? constraintsOf(scene.info, "ScheduleAnyway")
      : defaultConstraints(scene.info, scene.workloads.siblingsOf(scene.info.pod));
    return constraints.length === 0 ? undefined : softSpread({ scene, constraints, own }, feasible);
  },
  helps: (event, info) => movesPods(event, info, true),
};

const hasAll = (node: NodeInfo, constraints: readonly Constraint[]): boolean =>
  constraints.every(({ topologyKey }) => node.labels[topologyKey] !== undefined);

function hardSpread({ info, cache }: Scene, constraints: readonly Constraint[]): NodeFilter {
  const counted = constraints.map((constraint) => ({ ...constraint, counts: new Map<string, number>(), fewest: 0 }));
  for (const node of cache.nodes) {
    if (!hasAll(node, constraints)) continue;
    for (const { topologyKey, includes, matcher, counts } of counted) {
      if (!includes(info, node)) continue;
      const value = node.labels[topologyKey]!;
      counts.set(value, (counts.get(value) ?? 0) + (matcher === undefined ? 0 : node.count(matcher)));
    }
  }
  for (const constraint of counted) {
    // With fewer domains than asked for, an empty one is thought to exist.
    const fewest = constraint.counts.size < constraint.minDomains ? 0 : Math.min(...constraint.counts.values());
    constraint.fewest = Number.isFinite(fewest) ? fewest : Number.MAX_SAFE_INTEGER;
  }
  return {
    reject: (node) => {
      for (const { topologyKey, counts, fewest, maxSkew, countsItself } of counted) {
        const value = node.labels[topologyKey];
        if (value === undefined) return unlabelled;
        if ((counts.get(value) ?? 0) + (countsItself ? 1 : 0) - fewest > maxSkew) return unevenly;
      }
      return undefined;
    },
  };
}

interface SoftSpread {
  readonly scene: Scene;
  readonly constraints: readonly Constraint[];
  /** The pod's own constraints need all their labels on a node; the default ones don't. */
  readonly own: boolean;
}

function softSpread({ scene, constraints, own }: SoftSpread, feasible: readonly NodeInfo[]): NodeScorer {
  const ignored = new Set(own ? feasible.filter((node) => !hasAll(node, constraints)) : []);
  const domains = constraints.map(({ topologyKey }) => {
    const counts = new Map<string, number>();
    if (topologyKey === hostname) return counts;
    for (const node of feasible) if (!ignored.has(node)) counts.set(node.labels[topologyKey] ?? "", 0);
    return counts;
  });
  for (const node of scene.cache.nodes) if (!own || hasAll(node, constraints)) countInto(domains, constraints, scene.info, node);
  const weights = constraints.map(({ topologyKey }, i) =>
    Math.log((topologyKey === hostname ? feasible.length - ignored.size : domains[i]!.size) + 2),
  );
  return {
    score: (node) => {
      if (ignored.has(node)) return 0;
      let score = 0;
      for (const [i, { topologyKey, matcher, maxSkew }] of constraints.entries()) {
        const value = node.labels[topologyKey];
        if (value === undefined) continue;
        const here = topologyKey === hostname ? (matcher === undefined ? 0 : node.count(matcher)) : (domains[i]!.get(value) ?? 0);
        score += here * weights[i]! + (maxSkew - 1);
      }
      return Math.round(score);
    },
    normalize: (scores) => favourLowest(scores, (i) => ignored.has(feasible[i]!)),
  };
}

function countInto(domains: readonly Map<string, number>[], constraints: readonly Constraint[], info: PodInfo, node: NodeInfo): void {
  for (const [i, { topologyKey, includes, matcher }] of constraints.entries()) {
    const value = node.labels[topologyKey] ?? "";
    const count = domains[i]!.get(value);
    if (count === undefined || matcher === undefined || !includes(info, node)) continue;
    domains[i]!.set(value, count + node.count(matcher));
  }
}

/** The fewer siblings, the better; nodes without the labels get nothing. */
function favourLowest(scores: number[], isIgnored: (at: number) => boolean): void {
  let lowest = Infinity;
  let highest = 0;
  for (let i = 0; i < scores.length; i += 1) {
    if (isIgnored(i)) continue;
    lowest = Math.min(lowest, scores[i]!);
    highest = Math.max(highest, scores[i]!);
  }
  for (let i = 0; i < scores.length; i += 1) {
    if (isIgnored(i)) scores[i] = 0;
    else scores[i] = highest === 0 ? maxNodeScore : Math.floor((maxNodeScore * (highest + lowest - scores[i]!)) / highest);
  }
}
