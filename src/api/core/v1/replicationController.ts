/** ReplicationController: the older ReplicaSet. Upstream: pkg/registry/core/replicationcontroller/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import { selects } from "../../../machinery/pods.ts";
import type { ReplicationController, ReplicationControllerSpec, ReplicationControllerStatus } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, integerColumn, wideColumn } from "../../columns.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, nonNegative, oneOf } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { containerColumns, labelsText } from "../../workloadColumns.ts";
import { replicasScale } from "../../workloadScale.ts";
import { setPodTemplateDefaults } from "./podSpecDefaults.ts";
import { validatePodTemplate } from "./podSpecValidation.ts";

const columns: readonly Column<ReplicationController>[] = [
  integerColumn("Desired", "Pods asked for", ({ spec }) => spec.replicas ?? 0),
  integerColumn("Current", "Pods that there are", ({ status }) => status?.replicas ?? 0),
  integerColumn("Ready", "Pods that serve", ({ status }) => status?.readyReplicas ?? 0),
  ageColumn(),
  ...containerColumns<ReplicationController>(({ spec }) => spec.template),
  wideColumn("Selector", "Labels of the pods that belong to it", ({ spec }) => labelsText(spec.selector)),
];

export const replicationController: Kind<ReplicationController> = defineKind<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  namespaced: true,
  shortNames: ["rc"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/core/v1.ReplicationController",
  ...ownStatus<ReplicationController, ReplicationControllerStatus>(() => ({ replicas: 0 })),
  setDefaults({ metadata, spec }) {
    spec.replicas ??= 1;
    if (spec.template === undefined) return;
    setPodTemplateDefaults(spec.template);
    const labels = spec.template.metadata?.labels ?? {};
    if (Object.keys(labels).length === 0) return;
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  },
  ...checkedWithMeta<ReplicationController>({ namespaced: true, name: dnsSubdomainName }, ({ spec }, at) =>
    validateSpec(spec, at.child("spec")),
  ),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  scale: replicasScale(({ spec }) => (Object.keys(spec.selector ?? {}).length === 0 ? "" : labelsText(spec.selector))),
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  columns,
});

function validateSpec({ replicas, minReadySeconds, selector = {}, template }: ReplicationControllerSpec, at: Path): FieldError[] {
  const errors = nonNegative(minReadySeconds, at.child("minReadySeconds"));
  if (Object.keys(selector).length === 0) errors.push(required(at.child("selector")));
  errors.push(...nonNegative(replicas, at.child("replicas")));
  const templateAt = at.child("template");
  if (template === undefined) return [...errors, required(templateAt)];
  const labels = template.metadata?.labels ?? {};
  if (!selects(selector, labels)) {
    errors.push(invalid(templateAt.child("metadata", "labels"), labels, "`selector` does not match template `labels`"));
  }
  errors.push(...validatePodTemplate(template, templateAt));
  errors.push(...oneOf(template.spec.restartPolicy, ["Always"], templateAt.child("spec", "restartPolicy")));
  if (template.spec.activeDeadlineSeconds === undefined) return errors;
  const text = "activeDeadlineSeconds in ReplicationController is not Supported";
  return [...errors, forbidden(templateAt.child("spec", "activeDeadlineSeconds"), text)];
}
