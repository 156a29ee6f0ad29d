/** Job and CronJob. */
import { describe, expect, it } from "vitest";
import type { Job } from "../../../schema/shapes/batch.v1.ts";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { cronJob } from "./cronJob.ts";
import { job } from "./job.ts";

const now = "2026-01-01T00:01:40Z";
const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i:1" }] } };
const aJob = (spec: Sent = {}): Sent => ({ metadata: { name: "pi", uid: "u1" }, spec: { template, ...spec } });
const aCronJob = (spec: Sent = {}): Sent => ({ spec: { schedule: "*/5 * * * *", jobTemplate: { spec: { template } }, ...spec } });

function place({ spec }: Job): void {
  spec.template.spec.nodeSelector = { zone: "a" };
}

describe("Job", () => {
  it("runs once where nothing else is said, and makes its own selector", () => {
    const labels = {
      "batch.kubernetes.io/job-name": "pi",
      "job-name": "pi",
      "batch.kubernetes.io/controller-uid": "u1",
      "controller-uid": "u1",
    };
    expect(created(job, aJob()).spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: "TerminatingOrFailed",
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u1" } },
      template: { metadata: { labels } },
    });
    expect(created(job, aJob({ parallelism: 3 })).spec.completions).toBeUndefined();
  });

  it.each<[string, Sent, string[]]>([
    ["nothing to say", aJob(), []],
    [
      "pods that never end",
      aJob({ template: { spec: { ...template.spec, restartPolicy: "Always" } } }),
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      "an index without an end",
      aJob({ completionMode: "Indexed", parallelism: 2 }),
      ["spec.completions: Required value: when completion mode is Indexed"],
    ],
    ["fewer than no tries", aJob({ backoffLimit: -1 }), ["spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"]],
    [
      "a selector of its own without saying so",
      aJob({ selector: { matchLabels: { a: "b" } } }),
      [
        'spec.selector: Invalid value: {"matchLabels":{"a":"b","batch.kubernetes.io/controller-uid":"u1"}}: `selector` not auto-generated',
        'spec.template.metadata.labels: Invalid value: {"batch.kubernetes.io/controller-uid":"u1","batch.kubernetes.io/job-name":"pi","controller-uid":"u1","job-name":"pi"}: `selector` does not match template `labels`',
      ],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(job, sent)).toEqual(problems);
  });

  it("keeps its template, unless it waits to be started", () => {
    expect(updateProblems(job, aJob(), place)[0]).toMatch(/^spec\.template: Invalid value: .*: field is immutable$/);
    expect(updateProblems(job, aJob({ suspend: true }), place)).toEqual([]);
    expect(updateProblems(job, aJob(), ({ spec }) => (spec.completions = 2))).toEqual([
      "spec.completions: Invalid value: 2: field is immutable",
    ]);
  });

  it.each<[string, Sent, NonNullable<Job["status"]>, Sent]>([
    ["running", {}, { startTime: "2026-01-01T00:00:00Z" }, { Status: "Running", Completions: "0/1", Duration: "100s" }],
    [
      "done",
      {},
      {
        startTime: "2026-01-01T00:00:00Z",
        completionTime: "2026-01-01T00:00:07Z",
        succeeded: 1,
        conditions: [{ type: "Complete", status: "True" }],
      },
      { Status: "Complete", Completions: "1/1", Duration: "7s" },
    ],
    ["a queue of workers", { parallelism: 3 }, {}, { Completions: "0/1 of 3", Duration: "" }],
  ])("shows one that is %s", (_, spec, status, expected) => {
    expect(rowOf(job, { ...created(job, aJob(spec)), status }, now)).toMatchObject(expected);
  });
});

describe("CronJob", () => {
  it("keeps a few of its Jobs, and lets them overlap", () => {
    expect(created(cronJob, aCronJob()).spec).toMatchObject({
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  });

  it.each<[string, Sent, string[]]>([
    ["nothing to say", aCronJob({ timeZone: "Asia/Seoul" }), []],
    ["no schedule", aCronJob({ schedule: "" }), ["spec.schedule: Required value"]],
    [
      "a bad schedule",
      aCronJob({ schedule: "61 * * * *" }),
      ['spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61'],
    ],
    ["no such place", aCronJob({ timeZone: "Mars/Base" }), ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base']],
    [
      "a zone in the schedule",
      aCronJob({ schedule: "TZ=UTC * * * * *" }),
      ['spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
    ],
    [
      "a policy that nobody knows",
      aCronJob({ concurrencyPolicy: "Maybe" }),
      ['spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"'],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(cronJob, sent)).toEqual(problems);
  });

  it("wants a name that its Jobs can be named after", () => {
    const name = "a".repeat(53);
    expect(createProblems(cronJob, { ...aCronJob(), metadata: { name } })).toEqual([
      `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
    ]);
  });

  it("shows when it was last due", () => {
    const object = { ...created(cronJob, aCronJob()), status: { lastScheduleTime: "2026-01-01T00:00:00Z" } };
    expect(rowOf(cronJob, object, now)).toMatchObject({
      Schedule: "*/5 * * * *",
      Timezone: "<none>",
      Suspend: "False",
      Active: 0,
      "Last Schedule": "100s",
    });
  });
});
