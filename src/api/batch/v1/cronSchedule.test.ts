import { expect, it } from "vitest";
import { parseSchedule } from "./cronSchedule.ts";

it("reads the five fields", () => {
  const schedule = parseSchedule("*/15 9-17 1,15 jan-mar mon");
  expect(schedule).toEqual({
    minutes: new Set([0, 15, 30, 45]),
    hours: new Set([9, 10, 11, 12, 13, 14, 15, 16, 17]),
    days: new Set([1, 15]),
    months: new Set([1, 2, 3]),
    weekdays: new Set([1]),
    anyDay: false,
  });
});

it("reads descriptors", () => {
  expect(parseSchedule("@hourly")).toEqual(parseSchedule("0 * * * *"));
  expect(parseSchedule("@every 1h30m")).toEqual({ everyMs: 5_400_000 });
});

it.each([
  ["* * *", "expected exactly 5 fields, found 3: [* * *]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["1/2/3 * * * *", "too many slashes: 1/2/3"],
  ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
  ["a * * * *", 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
  ["@often", "unrecognized descriptor: @often"],
  ["@every often", 'failed to parse duration @every often: time: invalid duration "often"'],
  ["", "empty spec string"],
])("refuses %s", (text, message) => {
  expect(() => parseSchedule(text)).toThrow(message);
});
