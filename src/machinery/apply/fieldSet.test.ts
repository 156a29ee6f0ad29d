import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FieldSet, pathText } from "./fieldSet.ts";

const json = {
  "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
  "f:spec": {
    "f:containers": {
      'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': {} } },
    },
    "f:finalizers": { 'v:"a"': {} },
    "f:replicas": {},
  },
};

const aPath = fc.array(fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', "v:1", "i:0"), { minLength: 1, maxLength: 4 });
const aSet = fc.array(aPath, { maxLength: 8 }).map((paths) => FieldSet.ofPaths(...paths));
const texts = (set: FieldSet): string[] => set.paths().map((path) => path.join(" "));

describe("sets of paths", () => {
  test("read and written as managedFields has them", () => {
    const set = FieldSet.fromJson(json);
    expect(set?.toJson()).toEqual(json);
    expect(set?.paths().map(pathText)).toEqual([
      ".metadata.labels",
      ".metadata.labels.app",
      '.spec.containers[name="c"]',
      '.spec.containers[name="c"].image',
      '.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"]',
      '.spec.finalizers[="a"]',
      ".spec.replicas",
    ]);
    expect(set?.has(["f:spec", "f:replicas"])).toBe(true);
    expect(set?.has(["f:spec"])).toBe(false);
  });

  test("equal steps are equal, however their keys are written", () => {
    const one = FieldSet.fromJson({ "f:p": { 'k:{"protocol":"TCP", "port":80}': {} } });
    const other = FieldSet.fromJson({ "f:p": { 'k:{"port":80,"protocol":"TCP"}': {} } });
    expect(one?.toJson()).toEqual(other?.toJson());
  });

  test.each([[[]], ["x"], [{ "f:a": 1 }], [{ "x:a": {} }], [{ nonsense: {} }], [{ "k:[]": {} }], [{ "v:{": {} }], [{ "i:x": {} }]])(
    "%j is none",
    (value) => {
      expect(FieldSet.fromJson(value)).toBeUndefined();
    },
  );

  test("a parent taken away leaves its children, unless recursively", () => {
    const set = FieldSet.ofPaths(["f:a"], ["f:a", "f:b"]);
    const parent = FieldSet.ofPaths(["f:a"]);
    expect(texts(set.difference(parent))).toEqual(["f:a f:b"]);
    expect(set.recursiveDifference(parent).isEmpty).toBe(true);
  });

  test("property: the laws of sets, and round trips", () => {
    fc.assert(
      fc.property(aSet, aSet, (a, b) => {
        expect(a.union(b).equals(b.union(a))).toBe(true);
        expect(a.intersection(b).equals(b.intersection(a))).toBe(true);
        expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true);
        expect(a.difference(b).intersection(b).isEmpty).toBe(true);
        expect(FieldSet.fromJson(a.toJson())?.equals(a)).toBe(true);
        expect(FieldSet.ofPaths(...a.paths()).equals(a)).toBe(true);
      }),
    );
  });
});
