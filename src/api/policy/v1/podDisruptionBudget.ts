/** PodDisruptionBudget: how many pods must stay when others may be evicted. Upstream: pkg/registry/policy/poddisruptionbudget/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from "../../../schema/shapes/policy.v1.ts";
import { ageColumn, column, integerColumn } from "../../columns.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { atMostWhole, dnsSubdomainName, intOrPercent, nonNegative, optionalOneOf } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";
import { validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

export const podDisruptionBudget: Kind<PodDisruptionBudget> = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  namespaced: true,
  shortNames: ["pdb"],
  subresources: ["status"],
  struct: "k8s.io/api/policy/v1.PodDisruptionBudget",
  ...ownStatus<PodDisruptionBudget, PodDisruptionBudgetStatus>(() => ({
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
  })),
  ...checkedWithMeta<PodDisruptionBudget>({ namespaced: true, name: dnsSubdomainName }, ({ spec }, at) =>
    validateSpec(spec, at.child("spec")),
  ),
  validateStatusUpdate(next, previous, at) {
    const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = next.status ?? {};
    const counts = { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods };
    return [
      ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
      ...Object.entries(counts).flatMap(([field, count]) => nonNegative(count, at.child("status", field))),
    ];
  },
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns: [
    column("Min Available", "Pods that must stay", ({ spec }) => String(spec.minAvailable ?? "N/A")),
    column("Max Unavailable", "Pods that may be missing", ({ spec }) => String(spec.maxUnavailable ?? "N/A")),
    integerColumn("Allowed Disruptions", "Pods that may be evicted now", ({ status }) => status?.disruptionsAllowed ?? 0),
    ageColumn(),
  ],
});

function validateSpec(spec: PodDisruptionBudgetSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    errors.push(invalid(at, spec, "minAvailable and maxUnavailable cannot be both set"));
  }
  for (const field of ["minAvailable", "maxUnavailable"] as const) {
    const value = spec[field];
    if (value !== undefined) errors.push(...intOrPercent(value, at.child(field)), ...atMostWhole(value, at.child(field)));
  }
  return [
    ...errors,
    ...validateLabelSelector(spec.selector, at.child("selector")),
    ...optionalOneOf(spec.unhealthyPodEvictionPolicy, ["AlwaysAllow", "IfHealthyBudget"], at.child("unhealthyPodEvictionPolicy")),
  ];
}
