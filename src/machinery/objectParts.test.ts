import { describe, expect, test } from "vitest";
import { type ConditionLike, conditionOf, conditionTrue, withCondition, withoutCondition } from "./conditions.ts";
import { intOrStringText, percentOf, scaledValue } from "./intOrString.ts";
import { controllerOf, isControlledBy, ownerReferenceTo } from "./owners.ts";

test.each([
  [3, 10, "up", 3],
  ["25%", 4, "up", 1],
  ["25%", 5, "up", 2],
  ["25%", 5, "down", 1],
  ["0%", 5, "up", 0],
  ["a", 5, "up", undefined],
  ["5", 5, "up", undefined],
] as const)("%s of %d, rounded %s", (value, total, round, expected) => {
  expect(scaledValue(value, total, round)).toBe(expected);
});
test("percentages and their text", () => {
  expect([percentOf("25%"), percentOf(3), percentOf("x")]).toEqual([25, undefined, undefined]);
  expect([intOrStringText(3), intOrStringText("25%")]).toEqual(["3", "25%"]);
});

describe("owners", () => {
  const owner = { metadata: { name: "web", uid: "u1" } };
  const reference = ownerReferenceTo({ group: "apps", version: "v1", kind: "ReplicaSet" }, owner);
  test("a controller's reference", () => {
    expect(reference).toEqual({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "web",
      uid: "u1",
      controller: true,
      blockOwnerDeletion: true,
    });
  });
  test("the one that controls", () => {
    const pod = { metadata: { ownerReferences: [{ ...reference, uid: "u0", controller: false }, reference] } };
    expect(controllerOf(pod)).toBe(reference);
    expect(isControlledBy(pod, owner)).toBe(true);
    expect(isControlledBy({ metadata: {} }, owner)).toBe(false);
  });
});

describe("conditions", () => {
  const ready: ConditionLike & { reason: string } = { type: "Ready", status: "True", lastTransitionTime: "t0", reason: "A" };
  test("the time stays while the status does", () => {
    expect(withCondition([ready], { type: "Ready", status: "True", reason: "B" }, "t1")).toEqual([{ ...ready, reason: "B" }]);
    expect(withCondition([ready], { type: "Ready", status: "False", reason: "B" }, "t1")).toEqual([
      { type: "Ready", status: "False", reason: "B", lastTransitionTime: "t1" },
    ]);
  });
  test("a new one is added, another removed", () => {
    const both = withCondition([ready], { type: "Other", status: "False", reason: "C" }, "t1");
    expect(both).toHaveLength(2);
    expect(conditionTrue(both, "Ready")).toBe(true);
    expect(conditionOf(both, "Other")?.lastTransitionTime).toBe("t1");
    expect(withoutCondition(both, "Ready")).toHaveLength(1);
    expect(conditionTrue(undefined, "Ready")).toBe(false);
  });
});
