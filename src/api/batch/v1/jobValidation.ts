/**
 * Checks of Jobs, and of the templates of CronJobs. Left out: the form of index lists in success policies.
 * Upstream: pkg/apis/batch/validation/validation.go
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { selectorOf } from "../../../machinery/selectors.ts";
import type { Job, JobSpec, PodFailurePolicy } from "../../../schema/shapes/batch.v1.ts";
import type { LabelSelector } from "../../../schema/shapes/meta.v1.ts";
import { validatePodTemplate } from "../../core/v1/podSpecValidation.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, immutable, nonNegative, oneOf, optionalOneOf } from "../../fieldChecks.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

export const uidLabels = ["batch.kubernetes.io/controller-uid", "controller-uid"] as const;
export const jobNameLabels = ["batch.kubernetes.io/job-name", "job-name"] as const;

export function validateJob(job: Job, at: Path): FieldError[] {
  return [
    ...validateObjectMeta(job.metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateGenerated(job, at),
    ...validateWhole(job.spec, at.child("spec")),
  ];
}

/** What the server wrote into selector and template, unless the author took it on. */
function validateGenerated({ metadata, spec }: Job, at: Path): FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return [];
  const uid = metadata.uid ?? "";
  const labels = spec.template.metadata?.labels ?? {};
  const labelsAt = at.child("spec", "template", "metadata", "labels");
  const expected: [string, string][] = [
    ...uidLabels.map((label): [string, string] => [label, uid]),
    ...jobNameLabels.map((label): [string, string] => [label, metadata.name || ""]),
  ];
  const errors = uid === "" ? [required(at.child("metadata", "uid"))] : [];
  for (const [label, value] of expected) {
    if (labels[label] === undefined) errors.push(required(labelsAt.key(label), `must be '${value}'`));
    else if (labels[label] !== value) errors.push(invalid(labelsAt.key(label), labels, `must be '${value}'`));
  }
  const generated = matches(spec.selector, Object.fromEntries(expected));
  return generated === false ? [...errors, invalid(at.child("spec", "selector"), spec.selector, "`selector` not auto-generated")] : errors;
}

/** Undefined for a selector that can't be read: others report that. */
function matches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean | undefined {
  try {
    return selectorOf(selector).matches(labels);
  } catch {
    return undefined;
  }
}

function validateWhole(spec: JobSpec, at: Path): FieldError[] {
  const errors = validateJobTemplate(spec, at);
  if (spec.selector === undefined) return [...errors, required(at.child("selector"))];
  errors.push(...validateLabelSelector(spec.selector, at.child("selector")));
  const labels = spec.template.metadata?.labels ?? {};
  if (matches(spec.selector, labels) !== false) return errors;
  return [...errors, invalid(at.child("template", "metadata", "labels"), labels, "`selector` does not match template `labels`")];
}

const counts = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;
const maxIndexedPods = 100_000;

/** A Job's spec without its selector, as CronJobs hold it. */
export function validateJobTemplate(spec: JobSpec, at: Path): FieldError[] {
  const errors = counts.flatMap((field) => nonNegative(spec[field], at.child(field)));
  errors.push(...optionalOneOf(spec.completionMode, ["Indexed", "NonIndexed"], at.child("completionMode")), ...validateIndexed(spec, at));
  errors.push(...validateFailurePolicy(spec.podFailurePolicy, spec, at.child("podFailurePolicy")));
  errors.push(...optionalOneOf(spec.podReplacementPolicy, ["Failed", "TerminatingOrFailed"], at.child("podReplacementPolicy")));
  errors.push(...validatePodTemplate(spec.template, at.child("template")));
  const policyAt = at.child("template", "spec", "restartPolicy");
  const policy = spec.template.spec.restartPolicy ?? "";
  if (policy === "Always") errors.push(required(policyAt, 'valid values: "OnFailure", "Never"'));
  else if (policy !== "OnFailure" && policy !== "Never") errors.push(notSupported(policyAt, policy, ["OnFailure", "Never"]));
  return errors;
}

function validateIndexed(spec: JobSpec, at: Path): FieldError[] {
  const { completions, parallelism = 0, completionMode, backoffLimitPerIndex } = spec;
  if (completionMode !== "Indexed") {
    const text = "requires indexed completion mode";
    return backoffLimitPerIndex === undefined ? [] : [invalid(at.child("backoffLimitPerIndex"), backoffLimitPerIndex, text)];
  }
  if (completions === undefined) return [required(at.child("completions"), "when completion mode is Indexed")];
  if (parallelism <= maxIndexedPods) return [];
  const text = `must be less than or equal to ${maxIndexedPods} when completion mode is Indexed`;
  return [invalid(at.child("parallelism"), parallelism, text)];
}

const maxRules = 20;
const actions: readonly string[] = ["Count", "FailIndex", "FailJob", "Ignore"];

function validateFailurePolicy(policy: PodFailurePolicy | undefined, spec: JobSpec, at: Path): FieldError[] {
  if (policy === undefined) return [];
  const errors: FieldError[] = [];
  if (spec.template.spec.restartPolicy !== "Never") {
    const text = 'only "Never" is supported when podFailurePolicy is specified';
    errors.push(invalid(at.child("template", "spec", "restartPolicy"), spec.template.spec.restartPolicy ?? "", text));
  }
  const rulesAt = at.child("rules");
  if (policy.rules.length > maxRules) errors.push(invalid(rulesAt, policy.rules.length, `must have at most ${maxRules} items`));
  return [
    ...errors,
    ...policy.rules.flatMap(({ action, onExitCodes, onPodConditions = [] }, i) => {
      const here = rulesAt.index(i);
      const found = oneOf(action, actions, here.child("action"));
      const both = onExitCodes !== undefined && onPodConditions.length > 0;
      if (both) found.push(invalid(here, {}, "specifying both OnExitCodes and OnPodConditions is not supported"));
      else if (onExitCodes === undefined && onPodConditions.length === 0) {
        found.push(invalid(here, {}, "specifying one of OnExitCodes and OnPodConditions is required"));
      }
      return found;
    }),
  ];
}

const fixedFields = ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] as const;

export function validateJobUpdate(next: Job, previous: Job, at: Path): FieldError[] {
  const specAt = at.child("spec");
  const indexed = next.spec.completionMode === "Indexed";
  const elastic = indexed && next.spec.completions === next.spec.parallelism;
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateWhole(next.spec, specAt),
    ...(elastic ? [] : immutable(next.spec.completions, previous.spec.completions, specAt.child("completions"))),
    ...validateTemplateChange(next, previous, specAt.child("template")),
    ...fixedFields.flatMap((field) => immutable(next.spec[field], previous.spec[field], specAt.child(field))),
  ];
}

/** Where its pods go may still change while a Job waits to be started. */
function validateTemplateChange({ spec: next }: Job, { spec: previous, status }: Job, at: Path): FieldError[] {
  const waiting = previous.suspend === true && status?.startTime === undefined;
  if (!waiting) return immutable(next.template, previous.template, at);
  const { nodeSelector, tolerations, schedulingGates, affinity } = previous.template.spec;
  const placed = { ...next.template.spec, nodeSelector, tolerations, schedulingGates, affinity };
  const { labels: _next, annotations: _notes, ...meta } = next.template.metadata ?? {};
  const { labels: _previous, annotations: _former, ...formerMeta } = previous.template.metadata ?? {};
  const same = semanticEqual(placed, previous.template.spec) && semanticEqual(meta, formerMeta);
  return same ? [] : [invalid(at, next.template, "field is immutable")];
}

export function validateJobStatusUpdate(next: Job, previous: Job, at: Path): FieldError[] {
  const { active, succeeded, failed, ready, terminating } = next.status ?? {};
  const statusAt = at.child("status");
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...Object.entries({ active, succeeded, failed, ready, terminating }).flatMap(([field, n]) => nonNegative(n, statusAt.child(field))),
  ];
}
