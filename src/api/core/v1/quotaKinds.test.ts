/** LimitRange, ResourceQuota, PriorityClass and RuntimeClass: who may have how much, and who goes first. */
import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { runtimeClass } from "../../node/v1/runtimeClass.ts";
import { podDisruptionBudget } from "../../policy/v1/podDisruptionBudget.ts";
import { priorityClass } from "../../scheduling/v1/priorityClass.ts";
import { limitRange } from "./limitRange.ts";
import { resourceQuota } from "./resourceQuota.ts";

const now = "2026-01-01T00:00:00Z";

describe("LimitRange", () => {
  it("fills what containers get from the bounds", () => {
    const { spec } = created(limitRange, { spec: { limits: [{ type: "Container", max: { cpu: "2" }, min: { memory: "1Mi" } }] } });
    expect(spec.limits[0]).toMatchObject({ default: { cpu: "2" }, defaultRequest: { cpu: "2", memory: "1Mi" } });
  });

  it.each<[string, Sent, string[]]>([
    ["bounds in order", { type: "Container", max: { cpu: "2" }, min: { cpu: "1" } }, []],
    [
      "bounds crossed",
      { type: "Pod", max: { cpu: "1" }, min: { cpu: "2" } },
      ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
    ],
    [
      "defaults for pods",
      { type: "Pod", default: { cpu: "1" } },
      ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
    ],
    [
      "a type that nobody knows",
      { type: "Planet" },
      ['spec.limits[0].type: Invalid value: "Planet": must be a standard limit type or fully qualified'],
    ],
  ])("says of %s", (_, item, problems) => {
    expect(createProblems(limitRange, { spec: { limits: [item] } })).toEqual(problems);
  });
});

describe("ResourceQuota", () => {
  it("shows what is used", () => {
    const status = { hard: { pods: "4", "limits.cpu": "2", "requests.cpu": "1" }, used: { pods: "1", "limits.cpu": "500m" } };
    expect(rowOf(resourceQuota, { ...created(resourceQuota, {}), status }, now)).toMatchObject({
      Request: "pods: 1/4, requests.cpu: 0/1",
      Limit: "limits.cpu: 500m/2",
    });
  });

  it.each<[string, Sent, string[]]>([
    ["counts of anything", { hard: { pods: "4", "count/deployments.apps": "2" } }, []],
    ["half a pod", { hard: { pods: "1500m" } }, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']],
    [
      "scopes that exclude each other",
      { scopes: ["BestEffort", "NotBestEffort"] },
      ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
    ],
  ])("says of %s", (_, spec, problems) => {
    expect(createProblems(resourceQuota, { spec })).toEqual(problems);
  });

  it("keeps its scopes", () => {
    expect(updateProblems(resourceQuota, { spec: { scopes: ["BestEffort"] } }, ({ spec }) => delete spec.scopes)).toEqual([
      "spec.scopes: Invalid value: null: field is immutable",
    ]);
  });
});

describe("PriorityClass", () => {
  it("leaves the highest priorities to the system", () => {
    expect(createProblems(priorityClass, { metadata: { name: "mine" }, value: 1000 })).toEqual([]);
    expect(createProblems(priorityClass, { metadata: { name: "system-node-critical" }, value: 2_000_001_000 })).toEqual([]);
    expect(createProblems(priorityClass, { metadata: { name: "mine" }, value: 2_000_000_000 })).toEqual([
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ]);
    expect(updateProblems(priorityClass, { value: 1 }, (object) => (object.value = 2))).toEqual([
      "value: Forbidden: may not be changed in an update.",
    ]);
  });
});

it("RuntimeClass: wants a handler and keeps it", () => {
  expect(createProblems(runtimeClass, { handler: "simulated" })).toEqual([]);
  expect(createProblems(runtimeClass, { handler: "A" })).toHaveLength(1);
  expect(updateProblems(runtimeClass, { handler: "a" }, (object) => (object.handler = "b"))).toEqual([
    'handler: Invalid value: "b": field is immutable',
  ]);
});

it("PodDisruptionBudget: says one thing, and shows it", () => {
  const both = { spec: { minAvailable: 1, maxUnavailable: "200%" } };
  expect(createProblems(podDisruptionBudget, both)).toEqual([
    'spec: Invalid value: {"maxUnavailable":"200%","minAvailable":1}: minAvailable and maxUnavailable cannot be both set',
    'spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%',
  ]);
  const object = created(podDisruptionBudget, { spec: { minAvailable: "50%" } });
  expect(rowOf(podDisruptionBudget, object, now)).toMatchObject({
    "Min Available": "50%",
    "Max Unavailable": "N/A",
    "Allowed Disruptions": 0,
  });
});
