import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { replicaSet } from "./replicaSet.ts";

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i:1" }] } };
const aSet = (spec: Sent = {}): Sent => ({ spec: { selector: { matchLabels: { app: "a" } }, template, ...spec } });

it("wants one pod where nothing is said, and starts with none", () => {
  const made = created(replicaSet, aSet());
  expect(made.spec.replicas).toBe(1);
  expect(made.spec.template?.spec.restartPolicy).toBe("Always");
  expect(made.status).toEqual({ replicas: 0 });
});

describe("validation", () => {
  it.each<[string, Sent, string[]]>([
    ["nothing to say", aSet(), []],
    ["no selector", aSet({ selector: undefined }), ["spec.selector: Required value"]],
    ["an empty selector", aSet({ selector: {} }), ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]],
    [
      "a selector of other labels",
      aSet({ selector: { matchLabels: { app: "b" } } }),
      ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
    ],
    [
      "a malformed selector",
      aSet({ selector: { matchExpressions: [{ key: "app", operator: "Is" }] } }),
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Is"}]}: invalid label selector',
      ],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(replicaSet, sent)).toEqual(problems);
  });

  it("never lets the selector change", () => {
    const problems = updateProblems(replicaSet, aSet(), ({ spec }) => (spec.selector = { matchLabels: { app: "a", b: "c" } }));
    expect(problems.at(-1)).toBe('spec.selector: Invalid value: {"matchLabels":{"app":"a","b":"c"}}: field is immutable');
  });
});

it("shows what kubectl get shows, and can be selected by its size", () => {
  const object = { ...created(replicaSet, aSet({ replicas: 3 })), status: { replicas: 2, readyReplicas: 1 } };
  expect(rowOf(replicaSet, object, "2026-01-01T00:00:00Z")).toMatchObject({
    Desired: 3,
    Current: 2,
    Ready: 1,
    Containers: "c",
    Images: "i:1",
    Selector: "app=a",
  });
  expect(replicaSet.selectableFields?.["status.replicas"]?.(object)).toBe("2");
  expect(replicaSet.scale?.read(object)).toEqual({ replicas: 3, statusReplicas: 2, selector: "app=a" });
});
