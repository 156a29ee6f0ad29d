import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonPath } from "./evaluate.ts";
import { printJsonPath } from "./print.ts";
import { relaxedPath } from "./relaxed.ts";

const pods = {
  items: [
    { name: "a", ready: true, count: 1, ports: [80, 443], labels: { "app.kubernetes.io/name": "web" } },
    { name: "b", ready: false, count: 2.5, ports: [], labels: {} },
    { name: "c", ready: true, count: 10, ports: [8080] },
  ],
};

const find = (template: string, value: unknown = pods, allowMissingKeys = true): unknown[][] =>
  new JsonPath(template, { allowMissingKeys }).find(value);
const shown = (template: string, value: unknown = pods): string =>
  printJsonPath(new JsonPath(template, { allowMissingKeys: true }), template, value, false);

describe("laws", () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);

  test("the path of keys leads to what stands there", () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), fc.string(), (keys, leaf) => {
        const value = keys.reduceRight<unknown>((inner, name) => ({ [name]: inner, other: 1 }), leaf);
        fc.pre(!keys.includes("other"));
        expect(find(`{.${keys.join(".")}}`, value)).toEqual([[leaf]]);
        expect(find(`{${keys.map((name) => `['${name}']`).join("")}}`, value)).toEqual([[leaf]]);
      }),
    );
  });

  test("a slice within the bounds is a list's own slice", () => {
    const bounds = fc.array(fc.integer(), { minLength: 1 }).chain((list) =>
      fc
        .tuple(fc.constant(list), fc.integer({ min: 0, max: list.length - 1 }), fc.integer({ min: 1, max: 3 }))
        .chain(([all, start, step]) =>
          fc.record({
            list: fc.constant(all),
            start: fc.constant(start),
            step: fc.constant(step),
            end: fc.integer({ min: start + 1, max: all.length }),
          }),
        ),
    );
    fc.assert(
      fc.property(bounds, ({ list, start, end, step }) => {
        const expected = list.slice(start, end).filter((_, at) => at % step === 0);
        expect(find(`{[${start}:${end}:${step}]}`, list)).toEqual([expected]);
        expect(find(`{[${start}]}`, list)).toEqual([[list[start]]]);
        expect(find(`{[${start - list.length}]}`, list)).toEqual([[list[start]]]);
      }),
    );
  });

  test("text outside braces is printed as it stands", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        fc.pre(!text.includes("{"));
        expect(shown(text)).toBe(text);
      }),
    );
  });
});

test.each([
  ["{.items[*].name}", "a b c"],
  ["{.items[-1].name}", "c"],
  ["{.items[0:2].name}", "a b"],
  ["{.items[0,2].name}", "a c"],
  ["{.items[*].ports}", "[80,443] [] [8080]"],
  ["{.items[0].labels.app\\.kubernetes\\.io/name}", "web"],
  ["{..name}", "a b c"],
  ['{.items[?(@.name=="b")].count}', "2.5"],
  ['{.items[?(@.name>"a")].name}', "b c"],
  ["{.items[?(@.ready==true)].name}", "a c"],
  ["{.items[?(@.labels)].name}", "a b"],
  ['{range .items[*]}{.name}{"\\t"}{.count}{"\\n"}{end}', "a\t1\nb\t2.5\nc\t10\n"],
  ["{range .items[*]}{range .ports[*]}{@},{end};{end}", "80,443,;;8080,;"],
  ["{.nowhere}", ""],
  ["{.items[1]}", '{"count":2.5,"labels":{},"name":"b","ports":[],"ready":false}'],
])("%s", (template, expected) => {
  expect(shown(template)).toBe(expected);
});

test.each([
  ["{.items[9]}", "array index out of bounds: index 9, length 3"],
  ["{.items[2:1]}", "starting index 2 is greater than ending index 1"],
  ["{.items[0:1:0]}", "step must be > 0"],
  ["{.items[x]}", "invalid array index x"],
  ["{.items", "unclosed action"],
  ["{.items[0", "unterminated array"],
  ["{.items[?(@.a==1", "unterminated filter"],
  ["{'a}", "unterminated quoted string"],
  ["{.items[?(@.count>2)].name}", "incompatible types for comparison"],
  ["{end}", "not in range, nothing to end"],
  ["{nope}", "unrecognized identifier nope"],
])("%s is refused", (template, problem) => {
  expect(() => find(template)).toThrow(problem);
});

test("a missing key is an error only where it must be there", () => {
  expect(find("{.a}", {})).toEqual([[]]);
  expect(() => find("{.a}", {}, false)).toThrow("a is not found");
});

test.each([
  ["x.y", "{.x.y}"],
  [".x.y", "{.x.y}"],
  ["{x.y}", "{.x.y}"],
  ["{.x.y}", "{.x.y}"],
])("%s is written in full", (given, expected) => {
  expect(relaxedPath(given)).toBe(expected);
});
