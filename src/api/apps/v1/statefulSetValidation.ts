/** Checks of StatefulSets. Upstream: pkg/apis/apps/validation/validation.go (ValidateStatefulSet) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from "../../../schema/shapes/apps.v1.ts";
import type { PodTemplateSpec } from "../../../schema/shapes/core.v1.ts";
import { validateClaimSpec } from "../../core/v1/persistentVolumeClaimValidation.ts";
import { semanticEqual } from "../../equal.ts";
import { atMostWhole, dnsSubdomainName, intOrPercent, nonNegative, oneOf } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateCollisionCount, validateCounts } from "./statusValidation.ts";
import { validateSelectorAndTemplate } from "./templateValidation.ts";

export function validateStatefulSet({ metadata, spec }: StatefulSet, at: Path): FieldError[] {
  const specAt = at.child("spec");
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validatePodManagement(spec.podManagementPolicy ?? "", specAt.child("podManagementPolicy")),
    ...validateStrategy(spec.updateStrategy ?? {}, specAt.child("updateStrategy")),
    ...validateRetention(spec, specAt.child("persistentVolumeClaimRetentionPolicy")),
    ...nonNegative(spec.replicas, specAt.child("replicas")),
    ...nonNegative(spec.minReadySeconds, specAt.child("minReadySeconds")),
    ...nonNegative(spec.ordinals?.start, specAt.child("ordinals", "start")),
    ...nonNegative(spec.revisionHistoryLimit, specAt.child("revisionHistoryLimit")),
    ...validateSelectorAndTemplate(withClaimVolumes(spec), "empty selector is invalid for statefulset", specAt),
    ...validateLife(spec.template, specAt.child("template", "spec")),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, i) =>
      validateClaimSpec(claim.spec, specAt.child("volumeClaimTemplates").index(i).child("spec")),
    ),
  ];
}

/** Containers may mount the claims that each pod will have. */
function withClaimVolumes({ selector, template, volumeClaimTemplates = [] }: StatefulSetSpec): StatefulSetSpec {
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata.name).filter(Boolean));
  const own = (template.spec.volumes ?? []).filter(({ name }) => !names.has(name));
  const claims = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const spec = { ...template.spec, volumes: [...own, ...claims] };
  return { selector, template: { ...template, spec }, serviceName: "" };
}

function validatePodManagement(policy: string, at: Path): FieldError[] {
  if (policy === "") return [required(at)];
  return policy === "OrderedReady" || policy === "Parallel" ? [] : [invalid(at, policy, "must be 'OrderedReady' or 'Parallel'")];
}

function validateStrategy(strategy: StatefulSetUpdateStrategy, at: Path): FieldError[] {
  const { type = "", rollingUpdate } = strategy;
  const rollingAt = at.child("rollingUpdate");
  if (type === "") return [required(at)];
  if (type === "OnDelete") {
    return rollingUpdate === undefined ? [] : [invalid(rollingAt, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type !== "RollingUpdate") return [invalid(at, strategy, "must be 'RollingUpdate' or 'OnDelete'")];
  const { partition, maxUnavailable } = rollingUpdate ?? {};
  const errors = nonNegative(partition, rollingAt.child("partition"));
  if (maxUnavailable === undefined) return errors;
  const here = rollingAt.child("maxUnavailable");
  errors.push(...intOrPercent(maxUnavailable, here), ...atMostWhole(maxUnavailable, here));
  return maxUnavailable === 0 || maxUnavailable === "0%" ? [...errors, invalid(here, maxUnavailable, "cannot be 0")] : errors;
}

function validateRetention({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec, at: Path): FieldError[] {
  if (policy === undefined) return [];
  const choices = ["Retain", "Delete"];
  return [...oneOf(policy.whenDeleted, choices, at.child("whenDeleted")), ...oneOf(policy.whenScaled, choices, at.child("whenScaled"))];
}

/** Of pods that never end; also DaemonSets'. `at`: the path of the template's spec. */
export function validateLife({ spec }: PodTemplateSpec, at: Path): FieldError[] {
  const errors = oneOf(spec.restartPolicy, ["Always"], at.child("restartPolicy"));
  const deadline = spec.activeDeadlineSeconds;
  return deadline === undefined ? errors : [...errors, forbidden(at.child("activeDeadlineSeconds"), "must not be specified")];
}

const changeable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

export function validateStatefulSetUpdate(next: StatefulSet, previous: StatefulSet, at: Path): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata"));
  const masked: StatefulSetSpec = { ...next.spec };
  for (const field of changeable) Object.assign(masked, { [field]: previous.spec[field] });
  if (!semanticEqual(masked, previous.spec)) {
    const names = changeable.map((field) => `'${field}'`);
    const list = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
    errors.push(forbidden(at.child("spec"), `updates to statefulset spec for fields other than ${list} are forbidden`));
  }
  return [...errors, ...validateStatefulSet(next, at)];
}

const parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];

export function validateStatefulSetStatusUpdate(next: StatefulSet, previous: StatefulSet, at: Path): FieldError[] {
  const { conditions: _conditions, currentRevision: _current, updateRevision: _update, ...counts } = next.status ?? none;
  const statusAt = at.child("status");
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateCounts(counts, counts.replicas, parts, statusAt),
    ...validateCollisionCount(counts.collisionCount, previous.status?.collisionCount, statusAt.child("collisionCount")),
  ];
}

const none: NonNullable<StatefulSet["status"]> = { replicas: 0, availableReplicas: 0 };
