/**
 * One decision: which node a pod goes to, or why none. Synchronous, over the cache as it is. In a large cluster not all nodes are looked at:
 * enough of those that fit, going round from where the last decision stopped.
 * Upstream: pkg/scheduler/schedule_one.go
 */
import { below, type Rng } from "../../base/rng.ts";
import type { NodeFilter, Plugin, Rejection, Scene } from "../plugin.ts";
import type { NodeInfo } from "../state/nodeInfo.ts";
import { Diagnosis } from "./diagnosis.ts";

export type Decision =
  | { readonly kind: "node"; readonly node: NodeInfo }
  | { readonly kind: "noNodes" }
  | { readonly kind: "unfit"; readonly diagnosis: Diagnosis };

export interface Decider {
  readonly plugins: readonly Plugin[];
  readonly rng: Rng;
  /** Where to start looking. */
  nextNode: number;
}

interface NamedFilter {
  readonly plugin: string;
  readonly filter: NodeFilter;
}

/** Up to this many nodes, all are looked at. */
const minFeasible = 100;

export function decide(scene: Scene, decider: Decider): Decision {
  const { nodes } = scene.cache;
  if (nodes.length === 0) return { kind: "noNodes" };
  const diagnosis = new Diagnosis(nodes.length);
  const filters = prepareFilters(scene, decider.plugins);
  const search: Search = { scene, decider, filters, diagnosis };
  const hoped = scene.cache.node(scene.cache.nominationOf(scene.info.uid) ?? "");
  if (hoped !== undefined && objectionTo(hoped, search) === undefined) return { kind: "node", node: hoped };
  const feasible = namedCandidates(search)?.filter((node) => fits(node, search)) ?? findFeasible(nodes, search);
  const [first] = feasible;
  if (first === undefined) return { kind: "unfit", diagnosis };
  return { kind: "node", node: feasible.length === 1 ? first : best(scene, decider, feasible) };
}

interface Search {
  readonly scene: Scene;
  readonly decider: Decider;
  readonly filters: readonly NamedFilter[];
  readonly diagnosis: Diagnosis;
}

export function prepareFilters(scene: Scene, plugins: readonly Plugin[]): NamedFilter[] {
  const filters: NamedFilter[] = [];
  for (const plugin of plugins) {
    const filter = plugin.prepareFilter?.(scene);
    if (filter !== undefined) filters.push({ plugin: plugin.name, filter });
  }
  return filters;
}

interface Objection {
  readonly plugin: string;
  readonly rejection: Rejection;
}

/** The first objection. */
export function objection(node: NodeInfo, filters: readonly NamedFilter[]): Objection | undefined {
  for (const { plugin, filter } of filters) {
    const rejection = filter.reject(node);
    if (rejection !== undefined) return { plugin, rejection };
  }
  return undefined;
}

/** Where a pod names its nodes, only these are looked at; the others count as rejected by whoever narrowed. */
function namedCandidates({ scene: { cache }, filters, diagnosis }: Search): NodeInfo[] | undefined {
  const narrowing = filters.filter(({ filter }) => filter.names !== undefined);
  const [first, ...others] = narrowing.map(({ filter }) => filter.names ?? new Set<string>());
  if (first === undefined) return undefined;
  const names = [...first].filter((name) => others.every((set) => set.has(name)));
  const found = names.map((name) => cache.node(name)).filter((node) => node !== undefined);
  const plugins = narrowing.map(({ plugin }) => plugin).sort();
  const reasons = [`node(s) didn't satisfy plugin(s) [${plugins.join(" ")}]`];
  for (const plugin of plugins) diagnosis.add(plugin, { reasons, resolvable: false }, 0);
  diagnosis.add(plugins[0] ?? "", { reasons, resolvable: false }, cache.nodes.length - found.length);
  return found;
}

/** A node must do as it is, and also when the pods come that others were evicted for. */
function objectionTo(node: NodeInfo, { scene, decider, filters }: Search): Objection | undefined {
  const added = scene.cache.nominatedBefore(scene.info, node.name);
  const found = objection(node, filters);
  if (found !== undefined || added.length === 0) return found;
  return scene.cache.supposing(node, { added }, () => objection(node, prepareFilters(scene, decider.plugins)));
}

function fits(node: NodeInfo, search: Search): boolean {
  const found = objectionTo(node, search);
  if (found !== undefined) search.diagnosis.add(found.plugin, found.rejection, 1, node);
  return found === undefined;
}

function findFeasible(nodes: readonly NodeInfo[], search: Search): NodeInfo[] {
  const { decider } = search;
  const enough = feasibleToFind(nodes.length);
  const feasible: NodeInfo[] = [];
  let looked = 0;
  while (looked < nodes.length && feasible.length < enough) {
    const node = nodes[(decider.nextNode + looked) % nodes.length]!;
    looked += 1;
    if (fits(node, search)) feasible.push(node);
  }
  decider.nextNode = (decider.nextNode + looked) % nodes.length;
  return feasible;
}

/** The larger the cluster, the smaller the share, down to a twentieth. */
export function feasibleToFind(nodes: number): number {
  if (nodes < minFeasible) return nodes;
  const percentage = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(minFeasible, Math.floor((nodes * percentage) / 100));
}

/** The highest sum of weighted scores; among equals, chance decides. */
function best(scene: Scene, { plugins, rng }: Decider, feasible: readonly NodeInfo[]): NodeInfo {
  const totals = totalScores(scene, plugins, feasible);
  let chosen = 0;
  let equals = 1;
  for (let i = 1; i < totals.length; i += 1) {
    if (totals[i]! > totals[chosen]!) {
      chosen = i;
      equals = 1;
    } else if (totals[i] === totals[chosen]) {
      equals += 1;
      if (below(rng, equals) === 0) chosen = i;
    }
  }
  return feasible[chosen]!;
}

function totalScores(scene: Scene, plugins: readonly Plugin[], feasible: readonly NodeInfo[]): number[] {
  const totals = feasible.map(() => 0);
  for (const plugin of plugins) {
    const scorer = plugin.prepareScore?.(scene, feasible);
    if (scorer === undefined) continue;
    const scores = feasible.map((node) => scorer.score(node));
    scorer.normalize?.(scores);
    for (let i = 0; i < totals.length; i += 1) totals[i]! += scores[i]! * (plugin.weight ?? 1);
  }
  return totals;
}
