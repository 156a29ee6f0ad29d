import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "./jsonValue.ts";
import { applyMergePatch, createMergePatch, createThreeWayJsonMergePatch } from "./merge.ts";

/** JSON without nulls, which a merge patch can't set. */
const json = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer()), tie("object")),
  object: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), tie("value")),
}));

describe("merge patch", () => {
  // The cases of RFC 7386's appendix.
  test.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j patched with %j", (target, patch, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected);
  });

  test("a key named like an inherited one is a key like any other", () => {
    const modified = JSON.parse('{"__proto__":{},"constructor":{}}') as JsonObject;
    expect(JSON.stringify(createMergePatch({}, modified))).toBe('{"__proto__":{},"constructor":{}}');
    expect(JSON.stringify(applyMergePatch({}, modified))).toBe('{"__proto__":{},"constructor":{}}');
  });

  test("property: a made patch makes the second out of the first", () => {
    fc.assert(
      fc.property(json.object, json.object, (a, b) => {
        expect(JSON.stringify(sorted(applyMergePatch(a, createMergePatch(a, b))))).toBe(JSON.stringify(sorted(b)));
      }),
    );
  });

  test("three-way: keeps what others set, deletes what was dropped", () => {
    const original = { spec: { a: 1, b: 2 }, metadata: { labels: { x: "1" } } };
    const modified = { spec: { a: 3 }, metadata: { labels: {} } };
    const current = { spec: { a: 1, b: 2, other: 9 }, metadata: { labels: { x: "1", y: "2" } } };
    expect(createThreeWayJsonMergePatch(original, modified, current)).toEqual({
      spec: { a: 3, b: null },
      metadata: { labels: { x: null } },
    });
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => [k, sorted(v)]);
}
