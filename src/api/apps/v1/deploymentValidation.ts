/** Checks of Deployments. Upstream: pkg/apis/apps/validation/validation.go (ValidateDeployment) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment } from "../../../schema/shapes/apps.v1.ts";
import { atMostWhole, dnsSubdomainName, immutable, intOrPercent, nonNegative } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateCollisionCount, validateCounts } from "./statusValidation.ts";
import { validateEndless, validateSelectorAndTemplate } from "./templateValidation.ts";

export function validateDeployment({ metadata, spec }: Deployment, at: Path): FieldError[] {
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateSpec(spec, at.child("spec")),
  ];
}

export function validateDeploymentUpdate(next: Deployment, previous: Deployment, at: Path): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateSpec(next.spec, at.child("spec")),
    ...immutable(next.spec.selector, previous.spec.selector, at.child("spec", "selector")),
  ];
}

function validateSpec(spec: DeploymentSpec, at: Path): FieldError[] {
  return [
    ...nonNegative(spec.replicas, at.child("replicas")),
    ...validateSelectorAndTemplate(spec, "empty selector is invalid for deployment", at),
    ...validateEndless(spec.template, "ReplicaSet", at.child("template")),
    ...validateStrategy(spec.strategy ?? {}, at.child("strategy")),
    ...nonNegative(spec.minReadySeconds, at.child("minReadySeconds")),
    ...nonNegative(spec.revisionHistoryLimit, at.child("revisionHistoryLimit")),
    ...validateProgressDeadline(spec, at.child("progressDeadlineSeconds")),
  ];
}

function validateProgressDeadline({ progressDeadlineSeconds: deadline, minReadySeconds = 0 }: DeploymentSpec, at: Path): FieldError[] {
  const errors = nonNegative(deadline, at);
  const late = deadline === undefined || deadline > minReadySeconds;
  return late ? errors : [...errors, invalid(at, deadline, "must be greater than minReadySeconds")];
}

function validateStrategy(strategy: DeploymentStrategy, at: Path): FieldError[] {
  const { type = "", rollingUpdate } = strategy;
  const rollingAt = at.child("rollingUpdate");
  switch (type) {
    case "Recreate":
      return rollingUpdate === undefined ? [] : [forbidden(rollingAt, "may not be specified when strategy `type` is 'Recreate'")];
    case "RollingUpdate":
      if (rollingUpdate === undefined) return [required(rollingAt, "this should be defaulted and never be nil")];
      return validateRollingUpdate(rollingUpdate, rollingAt);
    default:
      return [notSupported(at, strategy, ["Recreate", "RollingUpdate"])];
  }
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, at: Path): FieldError[] {
  const unavailableAt = at.child("maxUnavailable");
  const errors = [...intOrPercent(maxUnavailable, unavailableAt), ...intOrPercent(maxSurge, at.child("maxSurge"))];
  if (isNothing(maxUnavailable) && isNothing(maxSurge)) {
    errors.push(invalid(unavailableAt, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  return [...errors, ...atMostWhole(maxUnavailable, unavailableAt)];
}

function isNothing(value: number | string): boolean {
  return value === 0 || value === "0%";
}

const parts = ["updatedReplicas", "readyReplicas", "availableReplicas"];

export function validateDeploymentStatusUpdate(next: Deployment, previous: Deployment, at: Path): FieldError[] {
  const statusAt = at.child("status");
  const { conditions: _conditions, ...counts } = next.status ?? {};
  const before = previous.status?.collisionCount;
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateCounts(counts, counts.replicas ?? 0, parts, statusAt),
    ...validateCollisionCount(counts.collisionCount, before, statusAt.child("collisionCount")),
  ];
}
