/**
 * Which nodes a pod's `nodeSelector` and required node affinity allow, and how much the preferred ones count.
 * Upstream: staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go
 */
import { requirementMatches, type Operator } from "../../machinery/requirements.ts";
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from "../../schema/shapes/core.v1.ts";

type Labels = Readonly<Record<string, string>>;

export interface NodeSelection {
  readonly allows: (node: Node) => boolean;
  /** The only nodes worth looking at, where the pod names them (as a DaemonSet's pods do). */
  readonly names: ReadonlySet<string> | undefined;
  /** True when the pod says nothing about nodes. */
  readonly everything: boolean;
}

const operators: Readonly<Record<string, Operator>> = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!", Gt: "gt", Lt: "lt" };

export function nodeSelectionOf(pod: Pod): NodeSelection {
  const pairs = Object.entries(pod.spec.nodeSelector ?? {});
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return {
    allows: (node) =>
      pairs.every(([key, value]) => node.metadata.labels?.[key] === value) &&
      (terms === undefined || terms.some((term) => matchesTerm(term, node))),
    names: terms === undefined ? undefined : namesOf(terms),
    everything: pairs.length === 0 && terms === undefined,
  };
}

/** The sum of the weights of the preferred terms that hold. */
export function nodePreference(pod: Pod, node: Node): number {
  let sum = 0;
  for (const { weight, preference } of preferredTerms(pod)) if (matchesTerm(preference, node)) sum += weight;
  return sum;
}

export function prefersNodes(pod: Pod): boolean {
  return preferredTerms(pod).length > 0;
}

function preferredTerms(pod: Pod): readonly { weight: number; preference: NodeSelectorTerm }[] {
  return pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** A term without any requirement matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { "metadata.name": node.metadata.name ?? "" };
  return (
    matchExpressions.every((one) => matchesOne(one, node.metadata.labels ?? {})) && matchFields.every((one) => matchesOne(one, fields))
  );
}

function matchesOne({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const known = operators[operator];
  return known !== undefined && requirementMatches({ key, operator: known, values }, labels);
}

/** Defined only when every term names its nodes. */
function namesOf(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  const all = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const lists = matchFields.filter(({ key, operator }) => key === "metadata.name" && operator === "In");
    if (lists.length === 0) return undefined;
    const [first, ...others] = lists.map(({ values = [] }) => values);
    for (const name of first ?? []) if (others.every((list) => list.includes(name))) all.add(name);
  }
  return all;
}
