/** Job: pods that run to their end. Upstream: pkg/registry/batch/job/strategy.go, pkg/apis/batch/v1/defaults.go */
import { conditionTrue } from "../../../machinery/conditions.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import { humanDuration, timeMs } from "../../../machinery/time.ts";
import type { Job, JobSpec, JobStatus } from "../../../schema/shapes/batch.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { setPodTemplateDefaults } from "../../core/v1/podSpecDefaults.ts";
import { podWarnings, templateSpecPath } from "../../core/v1/podWarnings.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { containerColumns, selectorColumn } from "../../workloadColumns.ts";
import { jobNameLabels, uidLabels, validateJob, validateJobStatusUpdate, validateJobUpdate } from "./jobValidation.ts";

const backoffLimit = 6;
const maxInt32 = 2_147_483_647;

const columns: readonly Column<Job>[] = [
  column("Status", "How far it is", statusText),
  column("Completions", "Pods that ended well, of those asked for", completionsText),
  column("Duration", "How long it has run, or ran", durationText),
  ageColumn(),
  ...containerColumns<Job>(({ spec }) => spec.template),
  selectorColumn(({ spec }) => spec.selector),
];

export const job: Kind<Job> = defineKind<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  namespaced: true,
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/batch/v1.Job",
  setDefaults(object) {
    setPodTemplateDefaults(object.spec.template);
    setSpecDefaults(object.spec);
    const labels = object.spec.template.metadata?.labels ?? {};
    if (Object.keys(object.metadata.labels ?? {}).length === 0 && Object.keys(labels).length > 0) object.metadata.labels = { ...labels };
  },
  ...ownStatus<Job, JobStatus>(() => ({})),
  prepareForCreate(object) {
    object.status = {};
    if (object.spec.manualSelector !== true) setSelector(object);
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatusUpdate,
  warnings: ({ spec }) => podWarnings(spec.template.spec, templateSpecPath),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  selectableFields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  columns,
});

function setSpecDefaults(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? backoffLimit : maxInt32;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
  for (const pattern of spec.podFailurePolicy?.rules.flatMap((rule) => rule.onPodConditions ?? []) ?? []) pattern.status ||= "True";
}

/** Labels that no other job's pods have. */
function setSelector({ metadata, spec }: Job): void {
  const uid = metadata.uid ?? "";
  spec.template.metadata ??= {};
  const labels = (spec.template.metadata.labels ??= {});
  for (const label of jobNameLabels) labels[label] ??= metadata.name || "";
  for (const label of uidLabels) labels[label] ??= uid;
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  spec.selector.matchLabels[uidLabels[0]] ??= uid;
}

function statusText({ metadata, status }: Job): string {
  const holds = (type: string): boolean => conditionTrue(status?.conditions, type);
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (holds("Suspended")) return "Suspended";
  if (holds("FailureTarget")) return "FailureTarget";
  return holds("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function completionsText({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${done}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function durationText({ status }: Job, now: number): string {
  const start = timeMs(status?.startTime);
  return start === undefined ? "" : humanDuration((timeMs(status?.completionTime) ?? now) - start);
}
