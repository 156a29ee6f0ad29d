import { expect, test } from "vitest";
import { Query } from "./query.ts";

test("values are unescaped, a plus is a blank, the first of several counts", () => {
  const query = new Query("a=1&b=x%2Cy+z&a=2&c");
  expect([query.text("a"), query.all("a"), query.text("b"), query.text("c"), query.text("d")]).toEqual([
    "1",
    ["1", "2"],
    "x,y z",
    "",
    undefined,
  ]);
});

test("malformed pairs are dropped as Go drops them", () => {
  const query = new Query("a=%zz&b=1;c=2&d=3");
  expect([query.text("a"), query.text("b"), query.text("d")]).toEqual([undefined, undefined, "3"]);
});

test.each([
  ["watch=true", true],
  ["watch=1", true],
  ["watch", true],
  ["watch=yes", true],
  ["watch=false", false],
  ["watch=False", false],
  ["watch=0", false],
  ["", undefined],
])("%s is a flag of %s", (raw, flag) => {
  expect(new Query(raw).flag("watch")).toBe(flag);
});

test("numbers, and what isn't one in Go's words", () => {
  expect(new Query("limit=500").integer("limit")).toBe(500);
  expect(new Query("limit=-1").integer("limit")).toBe(-1);
  expect(new Query("").integer("limit")).toBeUndefined();
  expect(() => new Query("limit=5x").integer("limit")).toThrow('strconv.ParseInt: parsing "5x": invalid syntax');
  expect(() => new Query("limit=99999999999999999999").integer("limit")).toThrow("value out of range");
});
