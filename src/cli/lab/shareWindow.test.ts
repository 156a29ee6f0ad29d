/** The live share: what counts, how it is drawn, when a log is told. */
import { describe, expect, test } from "vitest";
import { isNotable, shareLine, ShareWindow } from "./shareWindow.ts";

test("only the last two seconds count", () => {
  const window = new ShareWindow();
  for (let at = 0; at < 10; at += 1) window.add("1.0.0", at);
  expect(window.shares(10)).toEqual([["1.0.0", 1]]);
  for (let at = 0; at < 3; at += 1) window.add("1.0.0", 1500);
  window.add("2.0.0", 1500);
  expect(window.shares(2100)).toEqual([
    ["1.0.0", 0.75],
    ["2.0.0", 0.25],
  ]);
  expect(window.shares(4000)).toEqual([]);
});

test("the line has a bar of fixed width, and a part for whoever answers at all", () => {
  expect(
    shareLine([
      ["1.0.0", 0.5],
      ["2.0.0", 0.5],
    ]),
  ).toBe(`  now ${"█".repeat(15)}${"▒".repeat(15)}  █ 1.0.0 50 %  ▒ 2.0.0 50 %`);
  expect(
    shareLine([
      ["1.0.0", 0.01],
      ["2.0.0", 0.99],
    ]),
  ).toBe(`  now █${"▒".repeat(29)}  █ 1.0.0 1 %  ▒ 2.0.0 99 %`);
});

describe("a log is told", () => {
  test.each<[string, [string, number][], [string, number][] | undefined, boolean]>([
    ["at first", [["1", 1]], undefined, true],
    ["not of nothing", [], undefined, false],
    [
      "not of what it knows",
      [
        ["1", 0.7],
        ["2", 0.3],
      ],
      [
        ["1", 0.75],
        ["2", 0.25],
      ],
      false,
    ],
    [
      "when a version comes",
      [
        ["1", 0.95],
        ["2", 0.05],
      ],
      [["1", 1]],
      true,
    ],
    [
      "when one goes",
      [["2", 1]],
      [
        ["1", 0.05],
        ["2", 0.95],
      ],
      true,
    ],
    ["when one takes the other's place", [["2", 1]], [["1", 1]], true],
    [
      "when a share has moved far",
      [
        ["1", 0.5],
        ["2", 0.5],
      ],
      [
        ["1", 0.75],
        ["2", 0.25],
      ],
      true,
    ],
  ])("%s", (_name, shares, before, told) => {
    expect(isNotable(shares, before)).toBe(told);
  });
});
