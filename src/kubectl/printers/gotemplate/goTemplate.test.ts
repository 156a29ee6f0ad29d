import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { goQuote } from "../../../schema/scalars/goText.ts";
import { GoTemplate } from "./run.ts";

const value = { name: "web", count: 3, on: true, none: null, list: ["a", "b"], map: { y: 2, x: 1 }, empty: [] };

function run(template: string, input: unknown = value, allowMissingKeys = true): string {
  let out = "";
  new GoTemplate(template, { allowMissingKeys }).run(input, (text) => void (out += text));
  return out;
}

describe("laws", () => {
  test("text without actions is printed as it stands", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("{{"));
        expect(run(text)).toBe(text);
      }),
    );
  });

  test("a quoted literal prints itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(run(`{{${goQuote(text)}}}`)).toBe(text);
      }),
    );
  });

  test("comparisons of integers are those of numbers", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const found = run(`{{lt .a .b}} {{le .a .b}} {{eq .a .b}} {{gt .a .b}}`, { a, b });
        expect(found).toBe([a < b, a <= b, a === b, a > b].join(" "));
      }),
    );
  });

  test("range goes over a list in its order and over a map by its keys", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]+$/)), (list) => {
        expect(run("{{range .}}{{.}};{{end}}", list)).toBe(list.map((one) => `${one};`).join(""));
        const map = Object.fromEntries(list.map((one) => [one, one.length]));
        const expected = Object.keys(map).toSorted();
        expect(run("{{range $k, $v := .}}{{$k}}={{$v}};{{end}}", map)).toBe(expected.map((one) => `${one}=${one.length};`).join(""));
      }),
    );
  });
});

test.each([
  ["{{.name}}", "web"],
  ["{{ .map.x }}{{/* not seen */}}", "1"],
  ["a  {{- .count -}}  b", "a3b"],
  ["{{if .on}}yes{{else}}no{{end}}", "yes"],
  ["{{if .empty}}yes{{else if .none}}null{{else}}no{{end}}", "no"],
  ["{{range .empty}}x{{else}}nothing{{end}}", "nothing"],
  ["{{with .map}}{{.x}}{{$.name}}{{end}}", "1web"],
  ["{{$n := .count}}{{$n = len .list}}{{$n}}", "2"],
  ['{{range .list}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', "a"],
  ['{{range .list}}{{if eq . "a"}}{{continue}}{{end}}{{.}}{{end}}', "b"],
  ['{{define "t"}}<{{.}}>{{end}}{{template "t" .name}}', "<web>"],
  ['{{index .list 1}}{{index .map "y"}}', "b2"],
  ['{{printf "%05d|%-5s|%q|%v|%x" .count .name .name .map .count}}', '00003|web  |"web"|map[x:1 y:2]|3'],
  ['{{printf "%s" .count}}', "%!s(int64=3)"],
  ['{{printf "%d%%"}}', "%!d(MISSING)%"],
  ['{{.name | printf "%s-%s" "a"}}', "a-web"],
  ["{{and .on .name}}{{or .none .name}}{{not .on}}", "webwebfalse"],
  ['{{base64decode "aGVsbG8="}}', "hello"],
  ["{{.nowhere}}", "<no value>"],
  ["{{.map}}", "map[x:1 y:2]"],
  ['{{html "<a>"}}{{urlquery "a b"}}', "&lt;a&gt;a+b"],
  ['{{js "\u007f\u0085\'"}}', "\u007f\\u0085\\'"],
])("%s", (template, expected) => {
  expect(run(template)).toBe(expected);
});

test.each([
  ["{{", "unclosed action"],
  ["{{.name", "unclosed action"],
  ["{{if .on}}", "unexpected EOF"],
  ["{{end}}", "unexpected {{end}}"],
  ["{{nope}}", 'function "nope" not defined'],
  ["{{$x}}", 'undefined variable "$x"'],
  ['{{"a}}', "unterminated quoted string"],
  ["{{break}}", "{{break}} outside {{range}}"],
])("%s can't be read", (template, problem) => {
  expect(() => run(template)).toThrow(problem);
});

test.each([
  ["{{index .list 9}}", "index out of range: 9"],
  ["{{len .count}}", "len of type"],
  ["{{.name.x}}", "can't evaluate field x"],
  ['{{template "nope"}}', 'template "nope" not defined'],
  ["{{range .count.x}}{{end}}", "can't evaluate field x"],
])("%s can't be run", (template, problem) => {
  expect(() => run(template)).toThrow(problem);
});

test("a missing key is an error only where it must be there", () => {
  expect(() => run("{{.nowhere}}", value, false)).toThrow('map has no entry for key "nowhere"');
});
