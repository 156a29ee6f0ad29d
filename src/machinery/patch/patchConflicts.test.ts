import { describe, expect, test } from "vitest";
import { structOf } from "../../schema/structs.ts";
import type { JsonObject } from "./jsonValue.ts";
import { conflictingChanges } from "./patchConflicts.ts";
import { createThreeWayMergePatch } from "./strategicDiff.ts";

const pod = structOf("core/v1.Pod");
const before = {
  metadata: { labels: { a: "1", b: "1" }, finalizers: ["x"] },
  spec: { containers: [{ name: "web", image: "one", args: ["a"], ports: [{ containerPort: 80 }] }] },
};

function changesInTheWay(original: JsonObject, modified: JsonObject, current: JsonObject): JsonObject | undefined {
  return conflictingChanges(createThreeWayMergePatch(original, modified, current, pod), original, current, pod);
}

const withContainer = (change: JsonObject): JsonObject => ({
  ...before,
  spec: { containers: [{ ...before.spec.containers[0], ...change }] },
});
const withMetadata = (change: JsonObject): JsonObject => ({ ...before, metadata: { ...before.metadata, ...change } });

describe("in the way", () => {
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    ["a value changed otherwise", withContainer({ image: "two" }), withContainer({ image: "three" }), { spec: expect.any(Object) }],
    ["a value changed only there", before, withContainer({ image: "three" }), { spec: expect.any(Object) }],
    ["a label set otherwise", withMetadata({ labels: { a: "2" } }), withMetadata({ labels: { a: "3" } }), { metadata: expect.any(Object) }],
    ["a label that they took away", before, withMetadata({ labels: { a: "1" } }), { metadata: { labels: { b: null } } }],
    ["an atomic list", withContainer({ args: ["b"] }), withContainer({ args: ["c", "d"] }), { spec: expect.any(Object) }],
  ])("%s", (_, modified, current, changes) => {
    expect(changesInTheWay(before, modified, current)).toEqual(changes);
  });
});

describe("not in the way", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["nothing changed", withContainer({ image: "two" }), before],
    ["another field of the same item", withContainer({ image: "two" }), withContainer({ imagePullPolicy: "Always" })],
    ["the same change", withContainer({ image: "two" }), withContainer({ image: "two" })],
    ["a label of theirs", withMetadata({ labels: { a: "2", b: "1" } }), withMetadata({ labels: { ...before.metadata.labels, c: "2" } })],
    ["members of a set", withMetadata({ finalizers: ["x", "y"] }), withMetadata({ finalizers: ["x", "z"] })],
  ])("%s", (_, modified, current) => {
    expect(changesInTheWay(before, modified, current)).toBeUndefined();
  });
});

test("lists of no items have no type to compare by", () => {
  const patch = { spec: { containers: [] } };
  const original = { spec: { containers: [{ name: "web" }] } };
  expect(() => conflictingChanges({ spec: { tolerations: [] } }, original, { spec: { tolerations: [] } }, pod)).toThrow(
    "no elements in any of the given slices",
  );
  expect(conflictingChanges(patch, original, original, pod)).toBeUndefined();
});
