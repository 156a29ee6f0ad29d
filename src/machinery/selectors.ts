/**
 * Label selectors: parsed from query strings and from objects, matched, and printed back.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/labels/selector.go, apis/meta/v1/helpers.go
 */
import type { LabelSelector } from "../schema/shapes/meta.v1.ts";
import { goQuote } from "../schema/scalars/goText.ts";
import {
  type Labels,
  type Operator,
  type Requirement,
  requirement,
  requirementMatches,
  requirementText,
  SelectorError,
} from "./requirements.ts";
import { parseRequirements } from "./selectorSyntax.ts";

export { parseFieldSelector } from "./fieldSelectors.ts";

export interface Selector {
  readonly requirements: readonly Requirement[];
  /** Matches everything. */
  readonly empty: boolean;
  matches(labels: Labels): boolean;
  /** In the syntax of `labelSelector=`, keys in order. */
  toString(): string;
}

export const everything: Selector = selectorFrom([]);
/** What an absent `selector` field means. */
export const nothing: Selector = { requirements: [], empty: false, matches: () => false, toString: () => "" };

/** Reads `app=web,tier in (a,b),!old`. Throws SelectorError. */
export function parseLabelSelector(text: string): Selector {
  const requirements = parseRequirements(text);
  return requirements.length === 0 ? everything : selectorFrom(requirements);
}

/** From an object's `selector` field: absent matches nothing, empty everything. Throws SelectorError when invalid. */
export function selectorOf(selector: LabelSelector | null | undefined): Selector {
  if (selector === undefined || selector === null) return nothing;
  const exact = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => requirement(key, "=", [value]));
  const expressions = (selector.matchExpressions ?? []).map((e) => requirement(e.key, operatorOf(e.operator), e.values ?? []));
  const all = [...exact, ...expressions];
  return all.length === 0 ? everything : selectorFrom(all);
}

/** From plain labels, as a Service's selector is. No labels match everything; callers decide what that means. */
export function selectorFromLabels(labels: Labels): Selector {
  const entries = Object.entries(labels ?? {});
  return entries.length === 0 ? everything : selectorFrom(entries.map(([key, value]) => ({ key, operator: "=", values: [value] })));
}

function operatorOf(name: string): Operator {
  switch (name) {
    case "In":
      return "in";
    case "NotIn":
      return "notin";
    case "Exists":
      return "exists";
    case "DoesNotExist":
      return "!";
    default:
      throw new SelectorError(`${goQuote(name)} is not a valid label selector operator`);
  }
}

function selectorFrom(unsorted: readonly Requirement[]): Selector {
  const requirements = [...unsorted].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (labels) => requirements.every((r) => requirementMatches(r, labels)),
    toString: () => requirements.map(requirementText).join(","),
  };
}
