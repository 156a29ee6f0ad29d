/**
 * Pod (anti-)affinity terms, read once per pod. Terms with equal keys mean the same, so a node counts them instead of keeping each.
 * `matchLabelKeys` are in the selector already: the API server writes them there.
 * Upstream: pkg/scheduler/framework/types.go (AffinityTerm)
 */
import { nothing, selectorOf, type Selector } from "../../machinery/selectors.ts";
import type { Pod, PodAffinityTerm } from "../../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";

type Labels = Readonly<Record<string, string>>;

/** What a term does for its pod: a term that must hold, must not hold, attracts or repels. */
type TermRole = "affinity" | "antiAffinity" | "attracts" | "repels";

export interface AffinityTerm {
  readonly role: TermRole;
  readonly key: string;
  readonly topologyKey: string;
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: Selector;
  readonly selector: Selector;
  /** 0 for required terms. */
  readonly weight: number;
}

export function affinityTermsOf(pod: Pod): AffinityTerm[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const own = pod.metadata.namespace ?? "";
  return [
    ...(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => termOf("affinity", term, own, 0)),
    ...(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => termOf("antiAffinity", term, own, 0)),
    ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) =>
      termOf("attracts", podAffinityTerm, own, weight),
    ),
    ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) =>
      termOf("repels", podAffinityTerm, own, weight),
    ),
  ];
}

function termOf(role: TermRole, term: PodAffinityTerm, ownNamespace: string, weight: number): AffinityTerm {
  const { topologyKey, namespaceSelector } = term;
  const named = term.namespaces ?? [];
  const namespaces = named.length === 0 && namespaceSelector === undefined ? [ownNamespace] : [...named].sort();
  const spaces = lenientSelector(namespaceSelector);
  const selector = lenientSelector(term.labelSelector);
  const where = `${namespaces.join(",")}|${namespaceSelector === undefined ? "-" : spaces.toString()}`;
  return {
    role,
    key: `${role}|${weight}|${topologyKey}|${where}|${term.labelSelector === undefined ? "-" : selector.toString()}`,
    topologyKey,
    namespaces: new Set(namespaces),
    namespaceSelector: spaces,
    selector,
    weight,
  };
}

/** The API server has checked selectors; one that still can't be read selects nothing. */
export function lenientSelector(selector: LabelSelector | undefined): Selector {
  try {
    return selectorOf(selector);
  } catch {
    return nothing;
  }
}

/** Whether a pod is among those that the term speaks of. */
export function termMatches(term: AffinityTerm, pod: Pod, namespaceLabels: (namespace: string) => Labels): boolean {
  const namespace = pod.metadata.namespace ?? "";
  if (!term.namespaces.has(namespace) && !selectsNamespace(term, namespace, namespaceLabels)) return false;
  return term.selector.matches(pod.metadata.labels);
}

function selectsNamespace(term: AffinityTerm, namespace: string, namespaceLabels: (namespace: string) => Labels): boolean {
  return term.namespaceSelector !== nothing && term.namespaceSelector.matches(namespaceLabels(namespace));
}
