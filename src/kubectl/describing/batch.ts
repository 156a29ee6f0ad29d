/** Jobs and CronJobs. Upstream: kubectl/pkg/describe/describe.go (describeJob, describeCronJob) */
import { selectorOf } from "../../machinery/selectors.ts";
import { humanDuration, parseTime } from "../../machinery/time.ts";
import type { CronJob, CronJobSpec, Job, JobSpec, JobStatus } from "../../schema/shapes/batch.v1.ts";
import type { LabelSelector } from "../../schema/shapes/meta.v1.ts";
import { textOf } from "../errors.ts";
import type { Page } from "./page.ts";
import { boolText, localTime, putController, putMarks, putPlace } from "./parts.ts";
import { putPodTemplate } from "./podParts.ts";

export function describeJob({ metadata, spec, status = {} }: Job, page: Page): void {
  putPlace(page, metadata);
  page.field(0, "Selector", chosenText(spec?.selector));
  putMarks(page, metadata);
  putController(page, metadata);
  page.given(0, "Parallelism", spec?.parallelism);
  page.field(0, "Completions", spec?.completions ?? "<unset>");
  page.given(0, "Completion Mode", spec?.completionMode);
  page.given(0, "Suspend", spec?.suspend);
  page.given(0, "Backoff Limit", spec?.backoffLimit);
  page.given(0, "TTL Seconds After Finished", spec?.ttlSecondsAfterFinished);
  putTimes(page, status);
  putDeadline(page, spec);
  putCounts(page, status);
  if (spec?.completionMode === "Indexed") page.field(0, "Completed Indexes", indexesText(status.completedIndexes ?? "", 50));
  putPodTemplate(page, spec?.template);
}

function putTimes(page: Page, { startTime, completionTime }: JobStatus): void {
  if (startTime !== undefined) page.field(0, "Start Time", localTime(startTime));
  if (completionTime !== undefined) page.field(0, "Completed At", localTime(completionTime));
  if (startTime === undefined || completionTime === undefined) return;
  page.field(0, "Duration", humanDuration((parseTime(completionTime) ?? 0) - (parseTime(startTime) ?? 0)));
}

function putDeadline(page: Page, spec: JobSpec | undefined): void {
  if (spec?.activeDeadlineSeconds !== undefined) page.field(0, "Active Deadline Seconds", `${spec.activeDeadlineSeconds}s`);
}

function putCounts(page: Page, { ready, active = 0, succeeded = 0, failed = 0 }: JobStatus): void {
  const readyText = ready === undefined ? "" : ` (${ready} Ready)`;
  page.field(0, "Pods Statuses", `${active} Active${readyText} / ${succeeded} Succeeded / ${failed} Failed`);
}

function chosenText(selector: LabelSelector | undefined): string {
  try {
    return selectorOf(selector).toString();
  } catch (error) {
    return `Failed to get selector: ${textOf(error)}`;
  }
}

/** Cut at the first comma after so many characters. */
function indexesText(indexes: string, enough: number): string {
  if (indexes === "") return "<none>";
  const comma = indexes.indexOf(",", enough);
  return comma < 0 ? indexes : `${indexes.slice(0, comma + 1)}...`;
}

export function describeCronJob({ metadata, spec, status }: CronJob, page: Page): void {
  putPlace(page, metadata);
  putMarks(page, metadata);
  if (spec !== undefined) putSchedule(page, spec);
  putJobTemplate(page, spec?.jobTemplate.spec);
  const last = status?.lastScheduleTime;
  page.field(0, "Last Schedule Time", last === undefined ? "<unset>" : localTime(last));
  page.field(0, "Active Jobs", (status?.active ?? []).map(({ name = "" }) => name).join(", ") || "<none>");
}

function putSchedule(page: Page, spec: CronJobSpec): void {
  const deadline = spec.startingDeadlineSeconds;
  page.field(0, "Schedule", spec.schedule);
  page.field(0, "Concurrency Policy", spec.concurrencyPolicy);
  page.field(0, "Suspend", boolText(spec.suspend));
  page.field(0, "Time Zone", spec.timeZone ?? "<unset>");
  page.field(0, "Successful Job History Limit", spec.successfulJobsHistoryLimit ?? "<unset>");
  page.field(0, "Failed Job History Limit", spec.failedJobsHistoryLimit ?? "<unset>");
  page.field(0, "Starting Deadline Seconds", deadline === undefined ? "<unset>" : `${deadline}s`);
}

function putJobTemplate(page: Page, job: JobSpec | undefined): void {
  page.field(0, "Selector", job?.selector === undefined ? "<unset>" : chosenText(job.selector));
  page.field(0, "Parallelism", job?.parallelism ?? "<unset>");
  page.field(0, "Completions", job?.completions ?? "<unset>");
  putDeadline(page, job);
  putPodTemplate(page, job?.template);
}
