/** ReplicaSet: as many pods of one template as asked for. Upstream: pkg/registry/apps/replicaset/strategy.go */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { ReplicaSet, ReplicaSetStatus } from "../../../schema/shapes/apps.v1.ts";
import { ageColumn, integerColumn } from "../../columns.ts";
import { setPodTemplateDefaults } from "../../core/v1/podSpecDefaults.ts";
import { podWarnings, templateSpecPath } from "../../core/v1/podWarnings.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { containerColumns, selectorColumn } from "../../workloadColumns.ts";
import { replicasScale, scaleSelector } from "../../workloadScale.ts";
import { validateReplicaSet, validateReplicaSetStatusUpdate, validateReplicaSetUpdate } from "./replicaSetValidation.ts";

const columns: readonly Column<ReplicaSet>[] = [
  integerColumn("Desired", "Pods asked for", ({ spec }) => spec.replicas ?? 0),
  integerColumn("Current", "Pods that there are", ({ status }) => status?.replicas ?? 0),
  integerColumn("Ready", "Pods that serve", ({ status }) => status?.readyReplicas ?? 0),
  ageColumn(),
  ...containerColumns<ReplicaSet>(({ spec }) => spec.template),
  selectorColumn(({ spec }) => spec.selector),
];

export const replicaSet: Kind<ReplicaSet> = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  namespaced: true,
  shortNames: ["rs"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/apps/v1.ReplicaSet",
  setDefaults({ spec }) {
    if (spec.template !== undefined) setPodTemplateDefaults(spec.template);
    spec.replicas ??= 1;
  },
  ...ownStatus<ReplicaSet, ReplicaSetStatus>(() => ({ replicas: 0 })),
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaSetStatusUpdate,
  warnings: ({ spec }) => (spec.template === undefined ? [] : podWarnings(spec.template.spec, templateSpecPath)),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  scale: replicasScale(({ spec }) => scaleSelector(spec.selector)),
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  columns,
});
