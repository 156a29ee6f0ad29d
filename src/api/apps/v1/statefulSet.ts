/** StatefulSet: pods with names, order and storage of their own. Upstream: pkg/registry/apps/statefulset/strategy.go */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { StatefulSet, StatefulSetStatus } from "../../../schema/shapes/apps.v1.ts";
import type { PersistentVolumeClaim } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { setPodTemplateDefaults } from "../../core/v1/podSpecDefaults.ts";
import { podWarnings, templateSpecPath } from "../../core/v1/podWarnings.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { containerColumns } from "../../workloadColumns.ts";
import { replicasScale, scaleSelector } from "../../workloadScale.ts";
import { validateStatefulSet, validateStatefulSetStatusUpdate, validateStatefulSetUpdate } from "./statefulSetValidation.ts";

const columns: readonly Column<StatefulSet>[] = [
  column("Ready", "Pods that serve, of those asked for", ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
  ageColumn(),
  ...containerColumns<StatefulSet>(({ spec }) => spec.template),
];

export const statefulSet: Kind<StatefulSet> = defineKind<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  namespaced: true,
  shortNames: ["sts"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/apps/v1.StatefulSet",
  ...ownStatus<StatefulSet, StatefulSetStatus>(() => ({ replicas: 0, availableReplicas: 0 })),
  setDefaults({ spec }) {
    setPodTemplateDefaults(spec.template);
    spec.podManagementPolicy ||= "OrderedReady";
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.partition ??= 0;
    }
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) setClaimDefaults(claim);
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatusUpdate,
  warnings: ({ spec }) => podWarnings(spec.template.spec, templateSpecPath),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  scale: replicasScale(({ spec }) => scaleSelector(spec.selector)),
  columns,
});

function setClaimDefaults(claim: PersistentVolumeClaim): void {
  claim.apiVersion = "v1";
  claim.kind = "PersistentVolumeClaim";
  claim.spec.volumeMode ??= "Filesystem";
  claim.status ??= {};
  claim.status.phase ||= "Pending";
}
