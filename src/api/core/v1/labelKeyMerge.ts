/**
 * Writes a new pod's own values of `matchLabelKeys` into the selectors beside them, so that the scheduler needs no copy of the pod.
 * Upstream: pkg/registry/core/pod/strategy.go (applyMatchLabelKeysAndMismatchLabelKeys, mutateTopologySpreadConstraints)
 */
import type { Pod, PodAffinityTerm } from "../../../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../../../schema/shapes/meta.v1.ts";

type Labels = Readonly<Record<string, string>>;

export function mergeLabelKeys(pod: Pod): void {
  const labels = pod.metadata.labels ?? {};
  for (const term of affinityTerms(pod)) {
    addRequirements(term.labelSelector, term.matchLabelKeys, "In", labels);
    addRequirements(term.labelSelector, term.mismatchLabelKeys, "NotIn", labels);
  }
  for (const constraint of pod.spec.topologySpreadConstraints ?? []) {
    addRequirements(constraint.labelSelector, constraint.matchLabelKeys, "In", labels);
  }
}

function affinityTerms(pod: Pod): PodAffinityTerm[] {
  return [pod.spec.affinity?.podAffinity, pod.spec.affinity?.podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
  ]);
}

function addRequirements(selector: LabelSelector | undefined, keys: readonly string[] | undefined, operator: string, labels: Labels): void {
  if (selector === undefined) return;
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value === undefined) continue;
    selector.matchExpressions ??= [];
    selector.matchExpressions.push({ key, operator, values: [value] });
  }
}
