/**
 * Pods that want to be near each other or apart: the pod's own terms against the pods there, and their terms against it.
 * Upstream: pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go
 */
import { assertNever } from "../../base/assert.ts";
import { movesPods } from "../clusterEvent.ts";
import { maxNodeScore, type NodeFilter, type NodeScorer, type Plugin, type Scene } from "../plugin.ts";
import { type AffinityTerm, termMatches } from "../state/affinityTerm.ts";
import type { NodeInfo, PodMatcher } from "../state/nodeInfo.ts";

const affinity = { reasons: ["node(s) didn't match pod affinity rules"], resolvable: false };
const antiAffinity = { reasons: ["node(s) didn't match pod anti-affinity rules"], resolvable: true };
const existing = { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], resolvable: true };

/** What a required term of a pod there adds to the score of its place. */
const requiredTermWeight = 1;

export const interPodAffinity: Plugin = {
  name: "InterPodAffinity",
  weight: 2,
  prepareFilter: (scene) => {
    const required = scene.info.terms.some(({ role }) => role === "affinity" || role === "antiAffinity");
    const objections = objectionsOfOthers(scene);
    return required || objections.size > 0 ? requiredFilter(scene, objections) : undefined;
  },
  prepareScore: (scene) => preferences(scene),
  helps: (event, info) => movesPods(event, info, false),
};

/** Sums by topology key and value. */
class TopologySums {
  private readonly sums = new Map<string, Map<string, number>>();

  get size(): number {
    return this.sums.size;
  }

  add(node: NodeInfo, topologyKey: string, amount: number): void {
    const value = node.labels[topologyKey];
    if (value === undefined || amount === 0) return;
    const values = this.sums.get(topologyKey) ?? new Map<string, number>();
    this.sums.set(topologyKey, values.set(value, (values.get(value) ?? 0) + amount));
  }

  at(node: NodeInfo, topologyKey: string): number {
    const value = node.labels[topologyKey];
    return value === undefined ? 0 : (this.sums.get(topologyKey)?.get(value) ?? 0);
  }

  total(node: NodeInfo): number {
    let sum = 0;
    for (const key of this.sums.keys()) sum += this.at(node, key);
    return sum;
  }

  /** Whether the node lies in a place that anything was counted for. */
  touches(node: NodeInfo): boolean {
    for (const key of this.sums.keys()) if (this.at(node, key) > 0) return true;
    return false;
  }
}

/** Places where a pod's required anti-affinity keeps this one out. */
function objectionsOfOthers({ info, cache, workloads }: Scene): TopologySums {
  const sums = new TopologySums();
  const verdicts = new Map<string, boolean>();
  for (const node of cache.nodesWithTerms) {
    for (const { term, count } of node.terms.values()) {
      if (term.role !== "antiAffinity") continue;
      let matches = verdicts.get(term.key);
      if (matches === undefined) verdicts.set(term.key, (matches = termMatches(term, info.pod, workloads.namespaceLabels)));
      if (matches) sums.add(node, term.topologyKey, count);
    }
  }
  return sums;
}

function requiredFilter({ info, cache, workloads }: Scene, objections: TopologySums): NodeFilter {
  const wanted = info.terms.filter(({ role }) => role === "affinity");
  const unwanted = info.terms.filter(({ role }) => role === "antiAffinity");
  const near = new TopologySums();
  const far = new TopologySums();
  const matchers = [...wanted, ...unwanted].map((term) => matcherOf(term, workloads.namespacesMatching(term.namespaceSelector)));
  // A pod is company only when all the terms speak of it.
  const company = allOf(matchers.slice(0, wanted.length));
  const avoided = matchers.slice(wanted.length);
  for (const node of cache.nodes) {
    if (company !== undefined) for (const { topologyKey } of wanted) near.add(node, topologyKey, node.count(company));
    for (const [i, { topologyKey }] of unwanted.entries()) far.add(node, topologyKey, node.count(avoided[i]!));
  }
  // The first of a group that wants its own kind near has to start somewhere.
  const isFirst = near.size === 0 && wanted.length > 0 && wanted.every((term) => termMatches(term, info.pod, workloads.namespaceLabels));
  return {
    reject: (node) => {
      if (wanted.some(({ topologyKey }) => node.labels[topologyKey] === undefined)) return affinity;
      if (!isFirst && wanted.some(({ topologyKey }) => near.at(node, topologyKey) === 0)) return affinity;
      if (unwanted.some(({ topologyKey }) => far.at(node, topologyKey) > 0)) return antiAffinity;
      return objections.touches(node) ? existing : undefined;
    },
  };
}

function preferences({ info, cache, workloads }: Scene): NodeScorer | undefined {
  const sums = new TopologySums();
  const own = info.terms
    .filter(({ role }) => role === "attracts" || role === "repels")
    .map((term) => ({ ...term, matcher: matcherOf(term, workloads.namespacesMatching(term.namespaceSelector)) }));
  if (own.length > 0) {
    for (const node of cache.nodes)
      for (const { matcher, topologyKey, role, weight } of own)
        sums.add(node, topologyKey, node.count(matcher) * weight * (role === "repels" ? -1 : 1));
  }
  const verdicts = new Map<string, boolean>();
  for (const node of cache.nodesWithTerms) {
    for (const { term, count } of node.terms.values()) {
      const pull = pullOf(term);
      if (pull === 0) continue;
      let matches = verdicts.get(term.key);
      if (matches === undefined) verdicts.set(term.key, (matches = termMatches(term, info.pod, workloads.namespaceLabels)));
      if (matches) sums.add(node, term.topologyKey, pull * count);
    }
  }
  if (sums.size === 0) return undefined;
  return { score: (node) => sums.total(node), normalize: stretch };
}

/** How much a term of a pod there draws matching pods to it. */
function pullOf({ role, weight }: AffinityTerm): number {
  switch (role) {
    case "affinity":
      return requiredTermWeight;
    case "attracts":
      return weight;
    case "repels":
      return -weight;
    case "antiAffinity":
      return 0;
    default:
      return assertNever(role);
  }
}

/** The lowest becomes 0, the highest 100. */
function stretch(scores: number[]): void {
  const lowest = scores.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  for (let i = 0; i < scores.length; i += 1) {
    scores[i] = highest === lowest ? 0 : Math.floor((maxNodeScore * (scores[i]! - lowest)) / (highest - lowest));
  }
}

function matcherOf(term: AffinityTerm, selectedNamespaces: readonly string[]): PodMatcher {
  const namespaces = new Set([...term.namespaces, ...selectedNamespaces]);
  return {
    key: `near|${[...namespaces].sort().join(",")}|${term.selector.requirements.length}|${term.selector.empty}|${term.selector.toString()}`,
    matches: ({ metadata }) => namespaces.has(metadata.namespace ?? "") && term.selector.matches(metadata.labels),
  };
}

function allOf(matchers: readonly PodMatcher[]): PodMatcher | undefined {
  if (matchers.length < 2) return matchers[0];
  return { key: matchers.map(({ key }) => key).join("&"), matches: (pod) => matchers.every((matcher) => matcher.matches(pod)) };
}
