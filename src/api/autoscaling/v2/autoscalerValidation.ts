/** Checks of autoscalers. Upstream: pkg/apis/autoscaling/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from "../../../schema/shapes/autoscaling.v2.ts";
import { amountOf } from "../../core/v1/resourceValidation.ts";
import {
  dnsSubdomainName,
  mustBePositive,
  nonNegative,
  optionalOneOf,
  oneOf,
  pathSegmentName,
  present,
  problemsAt,
} from "../../fieldChecks.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

export function validateAutoscaler({ metadata, spec }: HorizontalPodAutoscaler, at: Path): FieldError[] {
  return [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateSpec(spec, at.child("spec")),
  ];
}

export function validateAutoscalerUpdate(next: HorizontalPodAutoscaler, previous: HorizontalPodAutoscaler, at: Path): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateSpec(next.spec, at.child("spec")),
  ];
}

export function validateAutoscalerStatusUpdate(next: HorizontalPodAutoscaler, previous: HorizontalPodAutoscaler, at: Path): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...nonNegative(next.status?.currentReplicas, at.child("status", "currentReplicas")),
    ...nonNegative(next.status?.desiredReplicas, at.child("status", "desiredReplicas")),
  ];
}

function validateSpec(spec: HorizontalPodAutoscalerSpec, at: Path): FieldError[] {
  const { minReplicas, maxReplicas, metrics = [], behavior } = spec;
  const maxAt = at.child("maxReplicas");
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(invalid(at.child("minReplicas"), minReplicas, "must be greater than or equal to 1"));
  }
  if (maxReplicas < 1) errors.push(invalid(maxAt, maxReplicas, mustBePositive));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid(maxAt, maxReplicas, "must be greater than or equal to `minReplicas`"));
  }
  errors.push(...validateReference(spec.scaleTargetRef, at.child("scaleTargetRef")));
  errors.push(...metrics.flatMap((metric, i) => validateMetric(metric, at.child("metrics").index(i))));
  for (const direction of ["scaleUp", "scaleDown"] as const) {
    errors.push(...validateRules(behavior?.[direction], at.child("behavior", direction)));
  }
  return errors;
}

function validateReference(reference: CrossVersionObjectReference, at: Path): FieldError[] {
  return (["kind", "name"] as const).flatMap((field) => {
    const value = reference[field];
    return value === "" ? [required(at.child(field))] : problemsAt(at.child(field), value, pathSegmentName(value, false));
  });
}

const sources = ["containerResource", "external", "object", "pods", "resource"] as const;
const types = sources.map((source) => `${source[0]?.toUpperCase()}${source.slice(1)}`);

function validateMetric(metric: MetricSpec, at: Path): FieldError[] {
  const given = sources.filter((source) => metric[source] !== undefined);
  const expected = sources[types.indexOf(metric.type)] ?? metric.type;
  const errors = present(metric.type, at.child("type"), "must specify a metric source type");
  errors.push(...oneOf(metric.type, types, at.child("type")));
  const first = given[0];
  if (first !== undefined) errors.push(...validateSource(metric, first, at.child(first)));
  if (!given.some((source) => source === expected)) {
    errors.push(required(at.child(expected), "must populate information for the given metric source"));
  }
  const others = given.length === 1 ? [] : given.filter((source) => source !== expected);
  return [...errors, ...others.map((source) => forbidden(at.child(source), "must populate the given metric source only"))];
}

function validateSource(metric: MetricSpec, source: (typeof sources)[number], at: Path): FieldError[] {
  const { object, pods, external } = metric;
  if (source === "object" && object !== undefined) {
    return [...validateReference(object.describedObject, at.child("describedObject")), ...validateMeasured(object, at)];
  }
  if (source === "external" && external !== undefined) return validateMeasured(external, at);
  if (source === "pods" && pods !== undefined) {
    const errors = [...validateIdentifier(pods.metric, at.child("metric")), ...validateTarget(pods.target, at.child("target"))];
    return isPositive(pods.target.averageValue)
      ? errors
      : [...errors, required(at.child("target", "averageValue"), "must specify a positive target averageValue")];
  }
  const resource = metric.resource ?? metric.containerResource;
  return resource === undefined ? [] : validateResource(resource, at);
}

interface Measured {
  readonly metric: MetricIdentifier;
  readonly target: MetricTarget;
}

function validateMeasured({ metric, target }: Measured, at: Path): FieldError[] {
  const errors = [...validateIdentifier(metric, at.child("metric")), ...validateTarget(target, at.child("target"))];
  if (target.value !== undefined || target.averageValue !== undefined) return errors;
  return [...errors, required(at.child("target", "averageValue"), "must set either a target value for metric or a per-pod target")];
}

function validateResource({ name, target }: { readonly name: string; readonly target: MetricTarget }, at: Path): FieldError[] {
  const errors = [...present(name, at.child("name"), "must specify a resource name"), ...validateTarget(target, at.child("target"))];
  const both = target.averageUtilization !== undefined && target.averageValue !== undefined;
  const none = target.averageUtilization === undefined && target.averageValue === undefined;
  const valueAt = at.child("target", "averageValue");
  if (both) errors.push(forbidden(valueAt, "may not set both a target raw value and a target utilization"));
  if (none) errors.push(required(at.child("target", "averageUtilization"), "must set either a target raw value or a target utilization"));
  return errors;
}

function validateIdentifier({ name, selector }: MetricIdentifier, at: Path): FieldError[] {
  const errors = name === "" ? [required(at.child("name"))] : problemsAt(at.child("name"), name, pathSegmentName(name, false));
  return [...errors, ...validateLabelSelector(selector, at.child("selector"))];
}

function validateTarget(target: MetricTarget, at: Path): FieldError[] {
  const errors = target.type === "" ? [required(at.child("type"), "must specify a metric target type")] : [];
  if (target.type !== "" && !["Utilization", "Value", "AverageValue"].includes(target.type)) {
    errors.push(invalid(at.child("type"), target.type, "must be either Utilization, Value, or AverageValue"));
  }
  const { averageUtilization: share } = target;
  if (share !== undefined && share < 1) errors.push(invalid(at.child("averageUtilization"), share, mustBePositive));
  for (const field of ["value", "averageValue"] as const) {
    if (target[field] !== undefined && !isPositive(target[field])) errors.push(invalid(at.child(field), target[field], "must be positive"));
  }
  return errors;
}

function isPositive(amount: string | undefined): boolean {
  return amount !== undefined && amountOf(amount).nanos > 0n;
}

const maxWindowSeconds = 3600;
const maxPeriodSeconds = 1800;

function validateRules(rules: HPAScalingRules | undefined, at: Path): FieldError[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: window, policies = [], selectPolicy } = rules;
  const windowAt = at.child("stabilizationWindowSeconds");
  const errors = nonNegative(window, windowAt);
  if (window !== undefined && window > maxWindowSeconds) {
    errors.push(invalid(windowAt, window, `must be less than or equal to ${maxWindowSeconds}`));
  }
  errors.push(...optionalOneOf(selectPolicy, ["Disabled", "Max", "Min"], at.child("selectPolicy")));
  const policiesAt = at.child("policies");
  if (policies.length === 0) errors.push(required(policiesAt, "must specify at least one Policy"));
  return [
    ...errors,
    ...policies.flatMap(({ type, value, periodSeconds: period }, i) => {
      const here = policiesAt.index(i);
      const found = oneOf(type, ["Percent", "Pods"], here.child("type"));
      if (value <= 0) found.push(invalid(here.child("value"), value, mustBePositive));
      if (period <= 0) found.push(invalid(here.child("periodSeconds"), period, mustBePositive));
      if (period > maxPeriodSeconds) {
        found.push(invalid(here.child("periodSeconds"), period, `must be less than or equal to ${maxPeriodSeconds}`));
      }
      return found;
    }),
  ];
}
