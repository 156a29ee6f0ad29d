/**
 * Walks a parsed JSONPath over a value. Results come in groups, one for each part of the template; a group prints with spaces between.
 * Upstream: client-go/util/jsonpath/jsonpath.go
 */
import { assertNever } from "../../../base/assert.ts";
import { KubectlError } from "../../errors.ts";
import { goSprint, sortedEntries } from "../goValue.ts";
import { compareValues, GoFloat } from "./compare.ts";
import { type ArrayParams, type Node, parseJsonPath } from "./parse.ts";

export interface PathOptions {
  /** A field that isn't there gives nothing instead of an error. */
  readonly allowMissingKeys: boolean;
}

export class JsonPath {
  private readonly nodes: readonly Node[];
  private readonly options: PathOptions;

  /** Throws KubectlError when the template is wrong. */
  constructor(template: string, options: PathOptions) {
    this.nodes = parseJsonPath(template);
    this.options = options;
  }

  /** One group of values for each part. Throws KubectlError. */
  find(value: unknown): unknown[][] {
    return this.run([value], { from: 0, depth: 0 }).groups;
  }

  /** Runs parts until the end of the template, or of the range that they stand in. */
  private run(
    current: readonly unknown[],
    { from, depth }: { from: number; depth: number },
  ): { groups: unknown[][]; end: number | undefined } {
    const groups: unknown[][] = [];
    for (let at = from; at < this.nodes.length; at += 1) {
      const node = this.nodes[at] as Node;
      const keyword = keywordOf(node);
      if (keyword === "end") {
        if (depth === 0) throw new KubectlError("not in range, nothing to end");
        return { groups, end: at };
      }
      const results = this.walk(current, node);
      if (keyword !== "range") {
        groups.push(results);
        continue;
      }
      let end: number | undefined;
      if (results.length === 0) ({ end } = this.run([undefined], { from: at + 1, depth: depth + 1 }));
      for (const result of results) {
        const inside = this.run([result], { from: at + 1, depth: depth + 1 });
        groups.push(...inside.groups);
        end = inside.end;
      }
      // Without an `{end}` the rest runs once more on what stood outside, as upstream's does.
      if (end !== undefined) at = end;
    }
    return { groups, end: undefined };
  }

  private walk(input: readonly unknown[], node: Node): unknown[] {
    switch (node.type) {
      case "list":
        return node.nodes.reduce<unknown[]>((values, inner) => this.walk(values, inner), [...input]);
      case "text":
        return [node.text];
      case "field":
        return this.field(input, node.name);
      case "array":
        return input.flatMap((value) => slice(value, node.params));
      case "filter":
        return input.flatMap((value) => this.filter(value, node));
      case "number":
        return input.map(() => (node.isFloat ? new GoFloat(node.value) : node.value));
      case "bool":
        return input.map(() => node.value);
      case "wildcard":
        return input.flatMap(contents);
      case "recursive":
        return descendants(input);
      case "union":
        return node.nodes.flatMap((inner) => this.walk(input, inner));
      case "identifier":
        if (node.name === "range") return [...input];
        throw new KubectlError(`unrecognized identifier ${node.name}`);
      default:
        return assertNever(node);
    }
  }

  private field(input: readonly unknown[], name: string): unknown[] {
    if (input.length === 0) return [];
    const found: unknown[] = [];
    for (const value of input) {
      if (isMap(value) && Object.hasOwn(value, name)) found.push(value[name]);
    }
    if (found.length === 0 && !this.options.allowMissingKeys) throw new KubectlError(`${name} is not found`);
    return found;
  }

  private filter(value: unknown, node: Node & { type: "filter" }): unknown[] {
    if (!Array.isArray(value)) throw new KubectlError(`${goSprint(value)} is not array or slice and cannot be filtered`);
    return (value as unknown[]).filter((item) => this.passes(item, node));
  }

  private passes(item: unknown, { left, right, operator }: Node & { type: "filter" }): boolean {
    if (operator === "exists") {
      try {
        return this.walk([item], left).length > 0;
      } catch {
        return false;
      }
    }
    const lefts = this.walk([item], left);
    if (lefts.length === 0) return false;
    if (lefts.length > 1) throw new KubectlError("can only compare one element at a time");
    const rights = this.walk([item], right);
    if (rights.length === 0) return false;
    if (rights.length > 1) throw new KubectlError("can only compare one element at a time");
    return compareValues(lefts[0], operator, rights[0]);
  }
}

function keywordOf(node: Node): "range" | "end" | undefined {
  const first = node.type === "list" ? node.nodes.find((inner) => inner.type === "identifier") : undefined;
  return first?.name === "range" || first?.name === "end" ? first.name : undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof GoFloat);
}

function contents(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (isMap(value)) return sortedEntries(value).map(([, inner]) => inner);
  // Go's strings are bytes.
  return typeof value === "string" ? [...new TextEncoder().encode(value)] : [];
}

/** Everything that has contents, outside in. */
function descendants(input: readonly unknown[]): unknown[] {
  return input.flatMap((value) => {
    const inside = contents(value);
    return inside.length === 0 ? [] : [value, ...descendants(inside)];
  });
}

const goTypes: Readonly<Record<string, string>> = { string: "string", number: "int64", boolean: "bool" };

function slice(value: unknown, params: ArrayParams): unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new KubectlError(`${goTypes[typeof value] ?? "map[string]interface {}"} is not array or slice`);
  const { length } = value;
  const { start, end } = boundsIn(length, params);
  if (start === end) return [];
  if (start >= length || start < 0) throw outOfBounds(start, length);
  if (end > length || end < 0) throw outOfBounds(end - 1, length);
  if (start > end) throw new KubectlError(`starting index ${start} is greater than ending index ${end}`);
  const [, , by] = params;
  if (by.known && by.value <= 0) throw new KubectlError("step must be > 0");
  const step = by.known ? by.value : 1;
  return (value as unknown[]).slice(start, end).filter((_, at) => at % step === 0);
}

/** Negative ones are counted from the end. */
function boundsIn(length: number, [first, last]: ArrayParams): { readonly start: number; readonly end: number } {
  const start = first.known ? first.value : 0;
  const end = last.known ? last.value : length;
  const fromEnd = end < 0 || (end === 0 && last.derived);
  return { start: start < 0 ? start + length : start, end: fromEnd ? end + length : end };
}

function outOfBounds(index: number, length: number): KubectlError {
  return new KubectlError(`array index out of bounds: index ${index}, length ${length}`);
}
