import { describe, expect, test } from "vitest";
import { SelectorError } from "./requirements.ts";
import { everything, nothing, parseFieldSelector, parseLabelSelector, selectorFromLabels, selectorOf } from "./selectors.ts";

describe("label selectors in text", () => {
  test.each([
    ["app=web", { app: "web" }, true],
    ["app==web", { app: "api" }, false],
    ["app!=web", {}, true],
    ["app in (web, api)", { app: "api" }, true],
    ["app notin (web)", { app: "web" }, false],
    ["app notin (web)", {}, true],
    ["app", { app: "" }, true],
    ["!app", { app: "x" }, false],
    ["!app", undefined, true],
    ["n>5", { n: "6" }, true],
    ["n>5", { n: "abc" }, false],
    ["n<5,app=web", { n: "4", app: "web" }, true],
    ["app=", { app: "" }, true],
    ["app in (,web)", { app: "" }, true],
    ["example.com/a=b", { "example.com/a": "b" }, true],
    ["in=in", { in: "in" }, true],
    ["", { any: "thing" }, true],
    ["  ", {}, true],
    ["constructor", {}, false],
  ])("%s on %j", (text, labels, expected) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(expected);
  });

  test.each([
    ["b=2 , a=1", "a=1,b=2"],
    ["x in (b,a)", "x in (a,b)"],
    ["!y,x notin (a),z,n>3", "n>3,x notin (a),!y,z"],
    ["a==b", "a==b"],
  ])("%s prints as %s", (text, printed) => {
    expect(String(parseLabelSelector(text))).toBe(printed);
  });

  test.each([
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["a=b,", "found '', expected: identifier after ','"],
    ["=b", "found '=', expected: !, identifier, or 'end of string'"],
    ["a in b", "unable to parse requirement: found 'b' expected: '('"],
    ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["a=b=c", "found '=', expected: ',' or 'end of string'"],
    ["!", "unable to parse requirement: found '', expected: identifier"],
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
    ["n>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
    [
      "-a=b",
      "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
    [
      "a=b_",
      "unable to parse requirement: values[0][a]: Invalid value: \"b_\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ])("%s is refused", (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(new SelectorError(message));
  });
});

describe("label selectors of objects", () => {
  test("labels and expressions all hold", () => {
    const selector = selectorOf({ matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "In", values: ["a", "b"] }] });
    expect(selector.matches({ app: "web", tier: "b" })).toBe(true);
    expect(selector.matches({ app: "web" })).toBe(false);
    expect(String(selector)).toBe("app=web,tier in (a,b)");
  });
  test("absent matches nothing, empty everything", () => {
    expect(selectorOf(undefined)).toBe(nothing);
    expect(selectorOf({})).toBe(everything);
    expect([nothing.matches({}), everything.matches({})]).toEqual([false, true]);
    expect(selectorFromLabels({ a: "1" }).matches({ a: "1", b: "2" })).toBe(true);
  });
  test("an unknown operator is refused", () => {
    expect(() => selectorOf({ matchExpressions: [{ key: "a", operator: "Near" }] })).toThrow(
      '"Near" is not a valid label selector operator',
    );
  });
});

const read = (field: string): string => ({ "metadata.name": "web", "status.phase": "Running" })[field] ?? "";

describe("field selectors", () => {
  test.each([
    ["metadata.name=web", true],
    ["metadata.name==web,status.phase!=Running", false],
    ["status.phase!=Failed", true],
    ["", true],
  ])("%s", (text, expected) => {
    expect(parseFieldSelector(text).matches(read)).toBe(expected);
  });
  test("escapes, exact values and printing", () => {
    const selector = parseFieldSelector(String.raw`b=x\,y\=z\\,a!=1`);
    expect(selector.exact("b")).toBe(String.raw`x,y=z` + "\\");
    expect(selector.exact("a")).toBeUndefined();
    expect(String(selector)).toBe(String.raw`a!=1,b=x\,y\=z\\`);
  });
  test.each([
    ["nonsense", "invalid selector: 'nonsense'; can't understand 'nonsense'"],
    [String.raw`a=\x`, String.raw`invalid field selector: invalid escape sequence: \x`],
    ["a=b=c", "invalid field selector: unescaped character in value: 61"],
  ])("%s is refused", (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(new SelectorError(message));
  });
});
