/** DaemonSet: one pod on every node that fits. Upstream: pkg/registry/apps/daemonset/strategy.go, pkg/apis/apps/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required } from "../../../machinery/fieldErrors.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { DaemonSet, DaemonSetSpec, DaemonSetStatus, RollingUpdateDaemonSet } from "../../../schema/shapes/apps.v1.ts";
import { ageColumn, column, integerColumn } from "../../columns.ts";
import { setPodTemplateDefaults } from "../../core/v1/podSpecDefaults.ts";
import { podWarnings, templateSpecPath } from "../../core/v1/podWarnings.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { atMostWhole, dnsSubdomainName, immutable, intOrPercent, nonNegative } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { containerColumns, labelsText, selectorColumn } from "../../workloadColumns.ts";
import { validateLife } from "./statefulSetValidation.ts";
import { validateCollisionCount } from "./statusValidation.ts";
import { validateSelectorAndTemplate } from "./templateValidation.ts";

const columns: readonly Column<DaemonSet>[] = [
  integerColumn("Desired", "Nodes that should run a pod", ({ status }) => status?.desiredNumberScheduled ?? 0),
  integerColumn("Current", "Nodes that run one", ({ status }) => status?.currentNumberScheduled ?? 0),
  integerColumn("Ready", "Nodes whose pod serves", ({ status }) => status?.numberReady ?? 0),
  integerColumn("Up-to-date", "Nodes whose pod has the present template", ({ status }) => status?.updatedNumberScheduled ?? 0),
  integerColumn("Available", "Nodes whose pod has served long enough", ({ status }) => status?.numberAvailable ?? 0),
  column("Node Selector", "Labels of the nodes that fit", ({ spec }) => labelsText(spec.template.spec.nodeSelector)),
  ageColumn(),
  ...containerColumns<DaemonSet>(({ spec }) => spec.template),
  selectorColumn(({ spec }) => spec.selector),
];

export const daemonSet: Kind<DaemonSet> = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  namespaced: true,
  shortNames: ["ds"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/apps/v1.DaemonSet",
  ...ownStatus<DaemonSet, DaemonSetStatus>(() => ({
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  })),
  setDefaults({ spec }) {
    setPodTemplateDefaults(spec.template);
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
  },
  ...checkedWithMeta<DaemonSet>(
    { namespaced: true, name: dnsSubdomainName },
    ({ spec }, at) => validateSpec(spec, at.child("spec")),
    (next, previous, at) => immutable(next.spec.selector, previous.spec.selector, at.child("spec", "selector")),
  ),
  validateStatusUpdate(next, previous, at) {
    const { conditions: _conditions, ...counts } = next.status ?? {};
    const statusAt = at.child("status");
    return [
      ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
      ...Object.entries(counts).flatMap(([field, count]) => nonNegative(count, statusAt.child(field))),
      ...validateCollisionCount(next.status?.collisionCount, previous.status?.collisionCount, statusAt.child("collisionCount")),
    ];
  },
  warnings: ({ spec }) => podWarnings(spec.template.spec, templateSpecPath),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns,
});

function validateSpec(spec: DaemonSetSpec, at: Path): FieldError[] {
  const strategyAt = at.child("updateStrategy");
  return [
    ...validateSelectorAndTemplate(spec, "empty selector is invalid for daemonset", at),
    ...validateLife(spec.template, at.child("template", "spec")),
    ...nonNegative(spec.minReadySeconds, at.child("minReadySeconds")),
    ...validateStrategy(spec, strategyAt),
    ...nonNegative(spec.revisionHistoryLimit, at.child("revisionHistoryLimit")),
  ];
}

function validateStrategy({ updateStrategy: strategy }: DaemonSetSpec, at: Path): FieldError[] {
  if (strategy?.type === "OnDelete") return [];
  if (strategy?.type !== "RollingUpdate") {
    return [{ ...invalid(at, strategy ?? {}, 'supported values: "RollingUpdate", "OnDelete"'), type: "FieldValueNotSupported" }];
  }
  const rolling = strategy.rollingUpdate;
  return rolling === undefined ? [required(at.child("rollingUpdate"))] : validateRolling(rolling, at.child("rollingUpdate"));
}

/** Pods are replaced either after the old one is gone or after the new one is there. */
function validateRolling({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, at: Path): FieldError[] {
  const unavailableAt = at.child("maxUnavailable");
  const surgeAt = at.child("maxSurge");
  const errors = [...intOrPercent(maxUnavailable, unavailableAt), ...intOrPercent(maxSurge, surgeAt)];
  const surges = !isNothing(maxSurge);
  const waits = !isNothing(maxUnavailable);
  if (waits && surges) errors.push(invalid(surgeAt, maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (!waits && !surges) errors.push(required(unavailableAt, "cannot be 0 when maxSurge is 0"));
  return [...errors, ...atMostWhole(maxUnavailable, unavailableAt), ...atMostWhole(maxSurge, surgeAt)];
}

function isNothing(value: number | string): boolean {
  return value === 0 || value === "0%";
}
