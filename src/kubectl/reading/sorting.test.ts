import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkedSortPath, sortByField } from "./sorting.ts";

const sorted = (values: readonly unknown[], field = ".v"): unknown[] =>
  sortByField(
    values.map((v) => ({ v })),
    field,
    (one) => one,
  ).map(({ v }) => v);

describe("laws", () => {
  test.each([
    ["numbers", fc.integer(), (a: number, b: number) => a - b],
    ["texts in the order of their bytes", fc.stringMatching(/^[A-Z_a-z]+$/), (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)],
  ] as const)("%s come out in their order, none lost", (_, value, compare) => {
    fc.assert(
      fc.property(fc.array(value as fc.Arbitrary<unknown>), (values) => {
        expect(sorted(values)).toEqual(values.toSorted(compare as (a: unknown, b: unknown) => number));
      }),
    );
  });

  test("what is sorted stays as it is", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), (values) => {
        const once = sorted(values);
        expect(sorted(once)).toEqual(once);
      }),
    );
  });

  test("the list that was given isn't touched", () => {
    const items = [{ v: 2 }, { v: 1 }];
    sortByField(items, ".v", (one) => one);
    expect(items).toEqual([{ v: 2 }, { v: 1 }]);
  });
});

test("quantities are compared by what they amount to", () => {
  expect(sorted(["1Gi", "900Mi", "2G", "100m", "1"])).toEqual(["100m", "1", "900Mi", "1Gi", "2G"]);
});

test("where a value isn't a quantity both are compared as texts", () => {
  expect(sorted(["b", "10", "9"])).toEqual(["9", "10", "b"]);
});

test("times sort as the texts that they are", () => {
  expect(sorted(["2026-02-01T00:00:00Z", "2025-12-31T23:59:59Z"])).toEqual(["2025-12-31T23:59:59Z", "2026-02-01T00:00:00Z"]);
});

test("who hasn't the field comes first", () => {
  expect(sorted([3, undefined, 1])).toEqual([undefined, 1, 3]);
});

test.each(["v", ".v", "{.v}", "{v}"])("the field as %s", (field) => {
  expect(sorted([2, 1], field)).toEqual([1, 2]);
});

test("a field that nobody has is an error, an empty list isn't", () => {
  expect(() => sorted([1], ".nope")).toThrow(`couldn't find any field with path "{.nope}" in the list of objects`);
  expect(sorted([], ".nope")).toEqual([]);
});

test("booleans and maps have no order", () => {
  expect(() => sorted([true, false])).toThrow("unsortable type: bool");
  expect(() => sorted([{ a: 1 }, { a: 2 }])).toThrow("unsortable type: map[string]interface {}");
});

test("a path that can't be read", () => {
  expect(() => checkedSortPath("{.a[}")).toThrow("sorting error: ");
});
