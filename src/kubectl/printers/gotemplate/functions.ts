/** The functions of templates. Upstream: text/template/funcs.go, cli-runtime/pkg/printers/template.go */
import { compareBytes, goSprint } from "../goValue.ts";
import { goPrintf } from "./printf.ts";
import { ExecError } from "./templateError.ts";

/**
 * Calls a function other than `and` and `or`, which the interpreter runs itself. `types`: Go's of the arguments, for messages.
 * Throws ExecError.
 */
export function callFunction(name: string, args: readonly unknown[], types: readonly string[]): unknown {
  const made = functions[name];
  if (made === undefined) throw new ExecError(`${JSON.stringify(name)} is not a defined function`);
  const [least, most] = made.takes;
  if (args.length < least || args.length > most) {
    const wanted = least === most ? String(least) : `at least ${least}`;
    throw new ExecError(`wrong number of args for ${name}: want ${wanted} got ${args.length}`);
  }
  return made.run(args, types);
}

interface TemplateFunction {
  readonly takes: readonly [least: number, most: number];
  run(args: readonly unknown[], types: readonly string[]): unknown;
}

const any = Number.POSITIVE_INFINITY;
const fail = (name: string, problem: string): never => {
  throw new ExecError(`error calling ${name}: ${problem}`);
};

const functions: Readonly<Record<string, TemplateFunction>> = {
  not: { takes: [1, 1], run: ([value]) => !isTrue(value) },
  len: { takes: [1, 1], run: ([value]) => lengthOf(value) },
  index: { takes: [1, any], run: ([item, ...indexes]) => indexes.reduce((value, index) => indexed(value, index), item) },
  slice: { takes: [1, 4], run: sliced },
  print: { takes: [0, any], run: (args) => sprint(args) },
  println: { takes: [0, any], run: (args) => `${args.map(goSprint).join(" ")}\n` },
  printf: { takes: [1, any], run: ([format, ...args]) => goPrintf(String(format), args) },
  html: { takes: [0, any], run: (args) => escapeHtml(sprint(args)) },
  js: { takes: [0, any], run: (args) => escapeJs(sprint(args)) },
  urlquery: { takes: [0, any], run: (args) => encodeURIComponent(sprint(args)).replaceAll("%20", "+") },
  eq: { takes: [1, any], run: equalsAny },
  ne: { takes: [2, 2], run: (args, types) => !equal("ne", args, types) },
  lt: { takes: [2, 2], run: (args, types) => less("lt", args, types) },
  le: { takes: [2, 2], run: (args, types) => less("le", args, types) || equal("le", args, types) },
  gt: { takes: [2, 2], run: (args, types) => !(less("gt", args, types) || equal("gt", args, types)) },
  ge: { takes: [2, 2], run: (args, types) => !less("ge", args, types) },
  call: { takes: [1, any], run: () => fail("call", "non-function value") },
  exists: { takes: [1, any], run: ([item, ...indexes]) => exists(item, indexes) },
  base64decode: { takes: [1, 1], run: ([text]) => decodeBase64(text) },
};

/** Go's truth: not empty, not zero. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Spaces only between operands that are no strings. */
function sprint(args: readonly unknown[]): string {
  return args
    .map((arg, at) => {
      const apart = at > 0 && typeof arg !== "string" && typeof args[at - 1] !== "string";
      return (apart ? " " : "") + goSprint(arg);
    })
    .join("");
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (value === null || value === undefined) return fail("len", "len of nil pointer");
  return typeof value === "object" ? Object.keys(value).length : fail("len", `len of type ${goType(value)}`);
}

function indexed(value: unknown, index: unknown): unknown {
  if (value === null || value === undefined) return fail("index", "index of untyped nil");
  if (Array.isArray(value) || typeof value === "string") {
    if (typeof index !== "number")
      return fail(
        "index",
        index === null || index === undefined ? "cannot index slice/array with nil" : `cannot index slice/array with type ${goType(index)}`,
      );
    if (index < 0 || index >= value.length) return fail("index", `index out of range: ${index}`);
    return typeof value === "string" ? value.charCodeAt(index) : (value as unknown[])[index];
  }
  if (typeof value !== "object") return fail("index", `can't index item of type ${goType(value)}`);
  if (typeof index !== "string") return fail("index", `value has type ${goType(index)}; should be string`);
  return (value as Record<string, unknown>)[index];
}

function sliced([item, ...indexes]: readonly unknown[]): unknown {
  if (item === null || item === undefined) return fail("slice", "slice of untyped nil");
  if (typeof item !== "string" && !Array.isArray(item)) return fail("slice", `can't slice item of type ${goType(item)}`);
  const [from = 0, to = item.length] = indexes.map(Number);
  for (const index of [from, to]) if (index < 0 || index > item.length) return fail("slice", `index out of range: ${index}`);
  if (from > to) return fail("slice", `invalid slice index: ${from} > ${to}`);
  return item.slice(from, to);
}

function exists(item: unknown, indexes: readonly unknown[]): boolean {
  let value = item;
  for (const index of indexes) {
    if (value === null || value === undefined) return false;
    if (Array.isArray(value) || typeof value === "string") {
      if (typeof index !== "number" || index < 0 || index >= value.length) return false;
      value = (value as unknown[])[index];
    } else if (typeof value === "object" && typeof index === "string") value = (value as Record<string, unknown>)[index];
    else return false;
  }
  return value !== null && value !== undefined;
}

function decodeBase64(text: unknown): string {
  const clean = String(text).replaceAll(/[\r\n]/g, "");
  const wrong = clean.search(/[^A-Za-z0-9+/=]/);
  if (wrong >= 0 || clean.length % 4 !== 0) {
    return fail(
      "base64decode",
      `base64 decode failed: illegal base64 data at input byte ${wrong >= 0 ? wrong : Math.max(0, clean.length - (clean.length % 4))}`,
    );
  }
  return new TextDecoder().decode(Uint8Array.from(atob(clean), (c) => c.charCodeAt(0)));
}

type Kind = "bool" | "string" | "int" | "float";

function kindOf(name: string, value: unknown): Kind {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return fail(name, "non-comparable type");
}

function equalsAny([one, ...others]: readonly unknown[], [type = "", ...types]: readonly string[]): boolean {
  if (others.length === 0) return fail("eq", "missing argument for comparison");
  return others.some((other, at) => equal("eq", [one, other], [type, types[at] ?? ""]));
}

const isNothing = (value: unknown): boolean => value === null || value === undefined;

function equal(name: string, [one, other]: readonly unknown[], types: readonly string[]): boolean {
  if (isNothing(one) || isNothing(other)) return isNothing(one) === isNothing(other);
  if (kindOf(name, one) !== kindOf(name, other)) return fail(name, `incompatible types for comparison: ${types.join(" and ")}`);
  return one === other;
}

function less(name: string, [one, other]: readonly unknown[], types: readonly string[]): boolean {
  const kind = kindOf(name, one);
  if (kind !== kindOf(name, other)) return fail(name, `incompatible types for comparison: ${types.join(" and ")}`);
  if (kind === "bool") return fail(name, "invalid type for comparison: bool");
  return kind === "string" ? compareBytes(String(one), String(other)) < 0 : Number(one) < Number(other);
}

export function goType(value: unknown): string {
  if (value === null || value === undefined) return "interface {}";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = { '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\uFFFD" };
  return text.replaceAll(/["'&<>\0]/g, (c) => names[c] ?? c);
}

/** What Go's `js` writes as an escape; DEL it doesn't. */
const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} \u007f]/gu;

function escapeJs(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
  };
  return text
    .replaceAll(/[\\'"<>&=]/g, (c) => names[c] ?? c)
    .replaceAll(unprintable, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`);
}
