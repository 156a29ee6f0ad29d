/** Deployment: pods that are replaced little by little when their template changes. Upstream: pkg/registry/apps/deployment/strategy.go */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { Deployment, DeploymentStatus } from "../../../schema/shapes/apps.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { setPodTemplateDefaults } from "../../core/v1/podSpecDefaults.ts";
import { podWarnings, templateSpecPath } from "../../core/v1/podWarnings.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { containerColumns, selectorColumn } from "../../workloadColumns.ts";
import { replicasScale, scaleSelector } from "../../workloadScale.ts";
import { validateDeployment, validateDeploymentStatusUpdate, validateDeploymentUpdate } from "./deploymentValidation.ts";

const columns: readonly Column<Deployment>[] = [
  column("Ready", "Pods that serve, of those asked for", ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
  column("Up-to-date", "Pods of the present template", ({ status }) => status?.updatedReplicas ?? 0),
  column("Available", "Pods that have served for at least minReadySeconds", ({ status }) => status?.availableReplicas ?? 0),
  ageColumn(),
  ...containerColumns<Deployment>(({ spec }) => spec.template),
  selectorColumn(({ spec }) => spec.selector),
];

export const deployment: Kind<Deployment> = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/apps/v1.Deployment",
  ...ownStatus<Deployment, DeploymentStatus>(() => ({})),
  setDefaults({ spec }) {
    setPodTemplateDefaults(spec.template);
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatusUpdate,
  warnings: ({ spec }) => podWarnings(spec.template.spec, templateSpecPath),
  specChanged: (next, previous) =>
    !semanticEqual(next.spec, previous.spec) || !semanticEqual(next.metadata.annotations, previous.metadata.annotations),
  scale: replicasScale(({ spec }) => scaleSelector(spec.selector)),
  columns,
});
