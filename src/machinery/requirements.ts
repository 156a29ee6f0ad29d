/**
 * One requirement of a label selector: checked, matched, printed.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go
 */
import { assertNever } from "../base/assert.ts";
import type { FieldError } from "./field.ts";
import { fieldErrorText, invalid } from "./fieldErrors.ts";
import { labelKeyProblems, labelValueProblems } from "./names.ts";

export type Operator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>> | undefined;

/** A selector that can't be read; the message is upstream's. The API answers it with 400. */
export class SelectorError extends Error {
  override readonly name = "SelectorError";
}

/** Checked as upstream's NewRequirement; `at` is what the message calls the requirement. Throws SelectorError. */
export function requirement(key: string, operator: Operator, values: readonly string[], at = ""): Requirement {
  const problems = requirementProblems(key, operator, values, at);
  if (problems.length > 0) {
    const texts = [...new Set(problems.map(fieldErrorText))];
    throw new SelectorError(texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`);
  }
  return { key, operator, values };
}

function requirementProblems(key: string, operator: Operator, values: readonly string[], at: string): FieldError[] {
  const inside = (name: string): string => (at === "" ? name : `${at}.${name}`);
  const found: FieldError[] = [];
  const keyProblems = labelKeyProblems(key);
  if (keyProblems.length > 0) found.push(invalid(inside("key"), key, keyProblems.join("; ")));
  const count = countProblem(operator, values);
  if (count !== undefined) found.push(invalid(inside("values"), values, count));
  values.forEach((value, i) => {
    if ((operator === "gt" || operator === "lt") && !isInt64(value)) {
      found.push(invalid(`${inside("values")}[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
  });
  values.forEach((value, i) => {
    const problems = labelValueProblems(value);
    if (problems.length > 0) found.push(invalid(`${inside("values")}[${i}][${key}]`, value, problems.join("; ")));
  });
  return found;
}

function countProblem(operator: Operator, values: readonly string[]): string | undefined {
  switch (operator) {
    case "in":
    case "notin":
      return values.length === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined;
    case "=":
    case "==":
    case "!=":
      return values.length === 1 ? undefined : "exact-match compatibility requires one single value";
    case "exists":
    case "!":
      return values.length === 0 ? undefined : "values set must be empty for exists and does not exist";
    default:
      return values.length === 1 ? undefined : "for 'Gt', 'Lt' operators, exactly one value is required";
  }
}

const isInt64 = (text: string): boolean => /^[+-]?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);

export function requirementMatches(r: Requirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, r.key) ? labels[r.key] : undefined;
  switch (r.operator) {
    case "=":
    case "==":
    case "in":
      return value !== undefined && r.values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !r.values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt":
      return value !== undefined && compares(value, r);
    default:
      return assertNever(r.operator);
  }
}

function compares(value: string, r: Requirement): boolean {
  if (!isInt64(value)) return false;
  const wanted = BigInt(r.values[0] ?? "0");
  return r.operator === "gt" ? BigInt(value) > wanted : BigInt(value) < wanted;
}

export function requirementText(r: Requirement): string {
  const values = [...r.values].sort().join(",");
  switch (r.operator) {
    case "exists":
      return r.key;
    case "!":
      return `!${r.key}`;
    case "in":
    case "notin":
      return `${r.key} ${r.operator} (${values})`;
    case "gt":
      return `${r.key}>${values}`;
    case "lt":
      return `${r.key}<${values}`;
    default:
      return `${r.key}${r.operator}${values}`;
  }
}
