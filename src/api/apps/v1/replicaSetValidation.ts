/** Checks of ReplicaSets. Upstream: pkg/apis/apps/validation/validation.go (ValidateReplicaSet) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { required } from "../../../machinery/fieldErrors.ts";
import type { ReplicaSet, ReplicaSetSpec } from "../../../schema/shapes/apps.v1.ts";
import { dnsSubdomainName, immutable, nonNegative } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateCounts } from "./statusValidation.ts";
import { validateEndless, validateSelectorAndTemplate } from "./templateValidation.ts";

export function validateReplicaSet({ metadata, spec }: ReplicaSet, at: Path): FieldError[] {
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateSpec(spec, at.child("spec")),
  ];
}

export function validateReplicaSetUpdate(next: ReplicaSet, previous: ReplicaSet, at: Path): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateSpec(next.spec, at.child("spec")),
    ...immutable(next.spec.selector, previous.spec.selector, at.child("spec", "selector")),
  ];
}

function validateSpec(spec: ReplicaSetSpec, at: Path): FieldError[] {
  const { selector, template } = spec;
  return [
    ...nonNegative(spec.replicas, at.child("replicas")),
    ...nonNegative(spec.minReadySeconds, at.child("minReadySeconds")),
    ...(template === undefined
      ? [required(at.child("template"))]
      : [
          ...validateSelectorAndTemplate({ selector, template }, "empty selector is invalid for deployment", at),
          ...validateEndless(template, "ReplicaSet", at.child("template")),
        ]),
  ];
}

const parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];

export function validateReplicaSetStatusUpdate(next: ReplicaSet, previous: ReplicaSet, at: Path): FieldError[] {
  const { conditions: _conditions, ...counts } = next.status ?? { replicas: 0 };
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateCounts(counts, counts.replicas, parts, at.child("status")),
  ];
}
