import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { boolText, goTime, labelsText, listText, localTime, selectorText, shortened, since } from "./parts.ts";

const time = "2026-07-02T03:04:05Z";

describe.each([
  ["UTC", "Thu, 02 Jul 2026 03:04:05 +0000", "2026-07-02 03:04:05 +0000 UTC"],
  ["Asia/Kolkata", "Thu, 02 Jul 2026 08:34:05 +0530", "2026-07-02 08:34:05 +0530 IST"],
  ["America/New_York", "Wed, 01 Jul 2026 23:04:05 -0400", "2026-07-01 23:04:05 -0400 EDT"],
  ["Asia/Seoul", "Thu, 02 Jul 2026 12:04:05 +0900", "2026-07-02 12:04:05 +0900 KST"],
  ["America/Sao_Paulo", "Thu, 02 Jul 2026 00:04:05 -0300", "2026-07-02 00:04:05 -0300 -03"],
])("times in %s", (zone, long, go) => {
  const before = process.env["TZ"];
  beforeAll(() => void (process.env["TZ"] = zone));
  afterAll(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });

  test("are local", () => {
    expect(localTime(time)).toBe(long);
    expect(goTime(time)).toBe(go);
  });
});

test("no time is Go's zero", () => {
  expect(localTime(undefined)).toBe("Mon, 01 Jan 0001 00:00:00 +0000");
  expect(goTime(undefined)).toBe("0001-01-01 00:00:00 +0000 UTC");
  expect(since(undefined, 0)).toBe("<unknown>");
});

test("small texts", () => {
  expect(since(time, Date.parse(time) + 90_000)).toBe("90s");
  expect(labelsText({ b: "2", a: "1" })).toBe("a=1,b=2");
  expect(labelsText({})).toBe("<none>");
  expect(listText(["a", 1])).toBe("[a 1]");
  expect([boolText(true), boolText(false), boolText(undefined)]).toEqual(["True", "False", "<unset>"]);
  expect(selectorText({ matchExpressions: [{ key: "a", operator: "In", values: ["y", "x"] }] })).toBe("a in (x,y)");
  expect(selectorText({ matchExpressions: [{ key: "a", operator: "Like" }] })).toBe("<error>");
  expect(shortened("äöü", 4)).toBe("äö...");
});
