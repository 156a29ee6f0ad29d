import { describe, expect, test } from "vitest";
import { age, goDuration, humanDuration, parseGoDuration, parseTime, rfc3339, rfc3339Micro, timeMs } from "./time.ts";

const s = 1000;
const m = 60 * s;
const h = 60 * m;
const d = 24 * h;

describe("times", () => {
  test.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"],
    ["2026-01-02T05:04:05.6789+02:00", "2026-01-02T03:04:05.678900Z"],
    ["1970-01-01T18:38:29.053144Z", "1970-01-01T18:38:29.053144Z"],
  ])("%s", (text, micro) => {
    const ms = parseTime(text) ?? NaN;
    expect(rfc3339Micro(ms)).toBe(micro);
    expect(rfc3339(ms)).toBe(`${micro.slice(0, 19)}Z`);
  });
  test.each(["yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01"])(
    "%s is none",
    (text) => {
      expect(parseTime(text)).toBeUndefined();
    },
  );
  test("absent stays absent", () => {
    expect(timeMs(undefined)).toBeUndefined();
    expect(age(undefined, 0)).toBe("<unknown>");
    expect(age("1970-01-01T00:00:00Z", 90 * s)).toBe("90s");
  });
});

describe("Go durations", () => {
  test.each([
    ["0s", 0],
    ["1.5s", 1500],
    ["100ms", 100],
    ["1m30s", 90 * s],
    ["2h0m0s", 2 * h],
    ["-1h1m1s", -(h + m + s)],
    ["250µs", 0.25],
  ])("%s both ways", (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 6);
    expect(goDuration(ms)).toBe(text);
  });
  test.each(["", "1", "1d", "s", "1h-2m"])("%s is none", (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});

test.each([
  [-5 * s, "<invalid>"],
  [0, "0s"],
  [119 * s, "119s"],
  [2 * m, "2m"],
  [2 * m + 30 * s, "2m30s"],
  [10 * m + 59 * s, "10m"],
  [179 * m, "179m"],
  [3 * h, "3h"],
  [7 * h + 59 * m, "7h59m"],
  [47 * h, "47h"],
  [2 * d, "2d"],
  [2 * d + 3 * h, "2d3h"],
  [8 * d + 5 * h, "8d"],
  [700 * d, "700d"],
  [800 * d, "2y70d"],
  [3000 * d, "8y"],
])("an age of %d ms is %s", (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
