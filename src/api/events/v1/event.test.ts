import { expect, it } from "vitest";
import { created, createProblems, rowOf, updateProblems } from "../../../testing/kindCases.ts";
import { event } from "./event.ts";

const scheduled = {
  eventTime: "2026-01-01T00:00:00.000000Z",
  regarding: { kind: "Pod", name: "web", namespace: "default" },
  reportingController: "default-scheduler",
  reportingInstance: "default-scheduler-1",
  action: "Binding",
  reason: "Scheduled",
  note: "Successfully assigned default/web to n1",
  type: "Normal",
};

it("is stored under the older names", () => {
  expect(event.storedAs?.toStored(created(event, scheduled))).toMatchObject({
    apiVersion: "v1",
    involvedObject: scheduled.regarding,
    message: scheduled.note,
    reportingComponent: "default-scheduler",
  });
});

it("is checked strictly", () => {
  expect(createProblems(event, scheduled)).toEqual([]);
  expect(createProblems(event, { ...scheduled, type: "Loud", deprecatedCount: 2, reportingInstance: "" })).toEqual([
    "reportingInstance: Required value",
    'type: Invalid value: "": has invalid value: Loud',
    'count: Invalid value: "": needs to be unset',
  ]);
});

it("lets only its series go on", () => {
  const series = { count: 2, lastObservedTime: "2026-01-01T00:01:00.000000Z" };
  expect(updateProblems(event, scheduled, (object) => (object.series = series))).toEqual([]);
  expect(updateProblems(event, scheduled, (object) => (object.note = "other"))).toEqual([
    'message: Invalid value: "other": field is immutable',
  ]);
});

it("shows what the older API shows", () => {
  expect(rowOf(event, created(event, scheduled), "2026-01-01T00:00:07Z")).toMatchObject({
    "Last Seen": "7s",
    Object: "pod/web",
    Message: scheduled.note,
  });
});
