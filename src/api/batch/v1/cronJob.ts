/** CronJob: Jobs made on a schedule. Upstream: pkg/registry/batch/cronjob/strategy.go, pkg/apis/batch/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import { age } from "../../../machinery/time.ts";
import type { CronJob, CronJobSpec, CronJobStatus } from "../../../schema/shapes/batch.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { setPodTemplateDefaults } from "../../core/v1/podSpecDefaults.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, nonNegative, requiredOneOf } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { containerColumns, selectorColumn } from "../../workloadColumns.ts";
import { parseSchedule, ScheduleError } from "./cronSchedule.ts";
import { validateJobTemplate } from "./jobValidation.ts";

const successfulJobsHistoryLimit = 3;
const failedJobsHistoryLimit = 1;
/** A Job's name adds eleven characters, and a pod's label holds 63. */
const maxNameLength = 52;

const columns: readonly Column<CronJob>[] = [
  column("Schedule", "When its Jobs are due", ({ spec }) => spec.schedule),
  column("Timezone", "Where that time is", ({ spec }) => spec.timeZone ?? "<none>"),
  column("Suspend", "Whether it is stopped for now", ({ spec }) => suspendText(spec.suspend)),
  column("Active", "Jobs that run", ({ status }) => status?.active?.length ?? 0),
  column("Last Schedule", "Time since the last Job was due", lastSchedule),
  ageColumn(),
  ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec.template),
  selectorColumn(({ spec }) => spec.jobTemplate.spec.selector),
];

export const cronJob: Kind<CronJob> = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  namespaced: true,
  shortNames: ["cj"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/batch/v1.CronJob",
  ...ownStatus<CronJob, CronJobStatus>(() => ({})),
  setDefaults({ spec }) {
    setPodTemplateDefaults(spec.jobTemplate.spec.template);
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= successfulJobsHistoryLimit;
    spec.failedJobsHistoryLimit ??= failedJobsHistoryLimit;
  },
  ...checkedWithMeta<CronJob>({ namespaced: true, name: dnsSubdomainName }, (object, at) => [
    ...validateName(object, at.child("metadata", "name")),
    ...validateSpec(object.spec, at.child("spec")),
  ]),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns,
});

function suspendText(suspend: boolean | undefined): string {
  if (suspend === undefined) return "<unset>";
  return suspend ? "True" : "False";
}

function lastSchedule({ status }: CronJob, now: number): string {
  return status?.lastScheduleTime === undefined ? "<none>" : age(status.lastScheduleTime, now);
}

function validateName({ metadata }: CronJob, at: Path): FieldError[] {
  const long = (metadata.name ?? "").length > maxNameLength;
  return long ? [invalid(at, metadata.name, `must be no more than ${maxNameLength} characters`)] : [];
}

function validateSpec(spec: CronJobSpec, at: Path): FieldError[] {
  const template = spec.jobTemplate.spec;
  const templateAt = at.child("jobTemplate", "spec");
  const errors = [
    ...validateSchedule(spec.schedule, at.child("schedule")),
    ...nonNegative(spec.startingDeadlineSeconds, at.child("startingDeadlineSeconds")),
    ...validateTimeZone(spec.timeZone, at.child("timeZone")),
    ...requiredOneOf(spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"], at.child("concurrencyPolicy")),
    ...validateJobTemplate(template, templateAt),
  ];
  if (template.selector !== undefined) {
    errors.push(invalid(templateAt.child("selector"), template.selector, "`selector` will be auto-generated"));
  }
  if (template.manualSelector === true) errors.push(notSupported(templateAt.child("manualSelector"), true, ["nil", "false"]));
  return [
    ...errors,
    ...nonNegative(spec.successfulJobsHistoryLimit, at.child("successfulJobsHistoryLimit")),
    ...nonNegative(spec.failedJobsHistoryLimit, at.child("failedJobsHistoryLimit")),
  ];
}

function validateSchedule(schedule: string, at: Path): FieldError[] {
  if (schedule === "") return [required(at)];
  if (schedule.includes("TZ")) return [invalid(at, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")];
  try {
    parseSchedule(schedule);
    return [];
  } catch (error) {
    if (error instanceof ScheduleError) return [invalid(at, schedule, error.message)];
    throw error;
  }
}

function validateTimeZone(zone: string | undefined, at: Path): FieldError[] {
  if (zone === undefined) return [];
  if (zone === "") return [invalid(at, zone, "timeZone must be nil or non-empty string")];
  if (zone.toLowerCase() === "local") {
    return [invalid(at, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")];
  }
  return isTimeZone(zone) ? [] : [invalid(at, zone, `unknown time zone ${zone}`)];
}

function isTimeZone(zone: string): boolean {
  try {
    return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
