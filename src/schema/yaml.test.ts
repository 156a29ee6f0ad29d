import { describe, expect, test } from "vitest";
import { DecodeError } from "../base/wire/decodeError.ts";
import { parseYaml } from "./yaml.ts";

describe("YAML bodies", () => {
  test.each([
    ["a: yes\nb: no\nc: on\n", { a: true, b: false, c: true }],
    ["a: 2001-01-01\n", { a: "2001-01-01" }],
    ["a: 0o7\nb: 010\nc: 1_000\n", { a: "0o7", b: 8, c: 1000 }],
    ['{"a": [1, "x", null]}', { a: [1, "x", null] }],
    ["{a: b}", { a: "b" }],
    ["base: &x {k: v}\nuse:\n  <<: *x\n  l: w\n", { base: { k: "v" }, use: { k: "v", l: "w" } }],
    ["", null],
    ["a: |\n  one\n  two\n", { a: "one\ntwo\n" }],
  ])("%j", (text, value) => {
    expect(parseYaml(text).value).toEqual(value);
  });
  test("keys given twice are told by line", () => {
    expect(parseYaml("a: 1\nb: 2\na: 3\n").duplicates).toEqual(['line 3: key "a" already set in map']);
  });
  test("aliases that multiply are refused", () => {
    const level = (i: number): string =>
      `${"abcdef".charAt(i + 1)}: &${"abcdef".charAt(i + 1)} [${Array(9)
        .fill(`*${"abcdef".charAt(i)}`)
        .join(", ")}]`;
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${[0, 1, 2, 3, 4].map(level).join("\n")}\n`;
    expect(() => parseYaml(bomb)).toThrow(
      new DecodeError("error converting YAML to JSON: yaml: Excessive alias count indicates a resource exhaustion attack"),
    );
  });
  test("an anchor that holds itself is refused", () => {
    expect(() => parseYaml("a: &a [*a]\n")).toThrow(new DecodeError("error converting YAML to JSON: yaml: anchor value contains itself"));
  });
  test.each(["a: [", "a: b: c", "\tx: 1"])("%j is a DecodeError with its line", (text) => {
    expect(() => parseYaml(text)).toThrow(/^error converting YAML to JSON: yaml: line 1: /);
  });
});
