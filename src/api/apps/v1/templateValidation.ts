/** Checks that the workloads share: a selector, and a template that it finds. Upstream: pkg/apis/apps/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { type Selector, selectorOf } from "../../../machinery/selectors.ts";
import type { PodTemplateSpec } from "../../../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../../../schema/shapes/meta.v1.ts";
import { validatePodTemplate } from "../../core/v1/podSpecValidation.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";

interface Workload {
  readonly selector?: LabelSelector | undefined;
  readonly template: PodTemplateSpec;
}

/** `emptyText`: what is wrong with a selector that finds everything. `at`: the path of the spec. */
export function validateSelectorAndTemplate({ selector, template }: Workload, emptyText: string, at: Path): FieldError[] {
  const selectorAt = at.child("selector");
  if (selector === undefined) return [required(selectorAt), ...validateTemplate(template, undefined, at.child("template"))];
  const errors = validateLabelSelector(selector, selectorAt);
  const count = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length;
  if (count === 0) errors.push(invalid(selectorAt, selector, emptyText));
  const parsed = parse(selector);
  if (parsed === undefined) return [...errors, invalid(selectorAt, selector, "invalid label selector")];
  return [...errors, ...validateTemplate(template, parsed, at.child("template"))];
}

function parse(selector: LabelSelector): Selector | undefined {
  try {
    return selectorOf(selector);
  } catch {
    return undefined;
  }
}

function validateTemplate(template: PodTemplateSpec, selector: Selector | undefined, at: Path): FieldError[] {
  const labels = template.metadata?.labels ?? {};
  const found = selector === undefined || selector.empty || selector.matches(labels);
  const text = "`selector` does not match template `labels`";
  return [...(found ? [] : [invalid(at.child("metadata", "labels"), labels, text)]), ...validatePodTemplate(template, at)];
}

/** Workloads that never end: their pods must not either. `kind` as the message names it. */
export function validateEndless({ spec }: PodTemplateSpec, kind: string, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const policy = spec.restartPolicy ?? "";
  if (policy !== "Always") errors.push(notSupported(at.child("spec", "restartPolicy"), policy, ["Always"]));
  if (spec.activeDeadlineSeconds === undefined) return errors;
  const text = `activeDeadlineSeconds in ${kind} is not Supported`;
  return [...errors, forbidden(at.child("spec", "activeDeadlineSeconds"), text)];
}
