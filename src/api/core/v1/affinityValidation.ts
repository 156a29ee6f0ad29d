/** Checks of where a pod wants to run. Upstream: pkg/apis/core/validation/validation.go (validateAffinity, ValidateNodeSelector) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import { dnsLabelProblems, dnsSubdomainProblems } from "../../../machinery/names.ts";
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from "../../../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../../../schema/shapes/meta.v1.ts";
import { problemsAt, qualifiedName } from "../../fieldChecks.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";

export function validateAffinity(affinity: Affinity | undefined, at: Path): FieldError[] {
  if (affinity === undefined) return [];
  return [
    ...validateNodeAffinity(affinity.nodeAffinity, at.child("nodeAffinity")),
    ...validatePodAffinity(affinity.podAffinity, at.child("podAffinity")),
    ...validatePodAffinity(affinity.podAntiAffinity, at.child("podAntiAffinity")),
  ];
}

const requiredNow = "requiredDuringSchedulingIgnoredDuringExecution";
const preferredNow = "preferredDuringSchedulingIgnoredDuringExecution";

function validateNodeAffinity(affinity: NodeAffinity | undefined, at: Path): FieldError[] {
  if (affinity === undefined) return [];
  const must = affinity[requiredNow];
  const errors = must === undefined ? [] : validateNodeSelector(must, at.child(requiredNow));
  const terms = affinity[preferredNow] ?? [];
  return [
    ...errors,
    ...terms.flatMap(({ weight, preference }, i) => {
      const here = at.child(preferredNow).index(i);
      return [...validateWeight(weight, here.child("weight")), ...validateNodeTerm(preference, here.child("preference"))];
    }),
  ];
}

function validateWeight(weight: number, at: Path): FieldError[] {
  return weight <= 0 || weight > 100 ? [invalid(at, weight, "must be in the range 1-100")] : [];
}

export function validateNodeSelector(selector: NodeSelector, at: Path): FieldError[] {
  const termsAt = at.child("nodeSelectorTerms");
  if (selector.nodeSelectorTerms.length === 0) return [required(termsAt, "must have at least one node selector term")];
  return selector.nodeSelectorTerms.flatMap((term, i) => validateNodeTerm(term, termsAt.index(i)));
}

function validateNodeTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, at: Path): FieldError[] {
  return [
    ...matchExpressions.flatMap((expression, i) => validateNodeRequirement(expression, at.child("matchExpressions").index(i))),
    ...matchFields.flatMap((field, i) => validateNodeField(field, at.child("matchFields").index(i))),
  ];
}

function validateNodeRequirement({ key, operator, values = [] }: NodeSelectorRequirement, at: Path): FieldError[] {
  const errors = valueCountErrors(operator, values.length, at);
  return [...errors, ...qualifiedName(key, at.child("key"))];
}

function valueCountErrors(operator: string, count: number, at: Path): FieldError[] {
  const valuesAt = at.child("values");
  switch (operator) {
    case "In":
    case "NotIn":
      return count === 0 ? [required(valuesAt, "must be specified when `operator` is 'In' or 'NotIn'")] : [];
    case "Exists":
    case "DoesNotExist":
      return count > 0 ? [forbidden(valuesAt, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")] : [];
    case "Gt":
    case "Lt":
      return count === 1 ? [] : [required(valuesAt, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [invalid(at.child("operator"), operator, "not a valid selector operator")];
  }
}

function validateNodeField({ key, operator, values = [] }: NodeSelectorRequirement, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const valuesAt = at.child("values");
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(invalid(at.child("operator"), operator, "not a valid selector operator"));
  } else if (values.length !== 1) {
    errors.push(required(valuesAt, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  }
  if (key !== "metadata.name") return [...errors, invalid(at.child("key"), key, "not a valid field selector key")];
  return [...errors, ...values.flatMap((value, i) => problemsAt(valuesAt.index(i), value, dnsSubdomainProblems(value)))];
}

function validatePodAffinity(affinity: PodAffinity | undefined, at: Path): FieldError[] {
  if (affinity === undefined) return [];
  const must = affinity[requiredNow] ?? [];
  const wish = affinity[preferredNow] ?? [];
  return [
    ...must.flatMap((term, i) => validatePodTerm(term, at.child(requiredNow).index(i))),
    ...wish.flatMap(({ weight, podAffinityTerm }, i) => {
      const here = at.child(preferredNow).index(i);
      return [...validateWeight(weight, here.child("weight")), ...validatePodTerm(podAffinityTerm, here.child("podAffinityTerm"))];
    }),
  ];
}

function validatePodTerm(term: PodAffinityTerm, at: Path): FieldError[] {
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const errors = [
    ...validateLabelSelector(term.labelSelector, at.child("labelSelector")),
    ...validateLabelSelector(term.namespaceSelector, at.child("namespaceSelector")),
    ...(term.namespaces ?? []).flatMap((name) => problemsAt(at.child("namespace"), name, dnsLabelProblems(name))),
    ...validateKeys(matchLabelKeys, term.labelSelector, at.child("matchLabelKeys")),
    ...validateKeys(mismatchLabelKeys, term.labelSelector, at.child("mismatchLabelKeys")),
    ...keysTwice(matchLabelKeys, term.labelSelector, at),
  ];
  for (const [i, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue;
    errors.push(invalid(at.child("matchLabelKeys").index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys"));
  }
  const topologyAt = at.child("topologyKey");
  if (term.topologyKey === "") errors.push(required(topologyAt, "can not be empty"));
  return [...errors, ...qualifiedName(term.topologyKey, topologyAt)];
}

function validateKeys(keys: readonly string[], selector: LabelSelector | undefined, at: Path): FieldError[] {
  if (keys.length === 0) return [];
  if (selector === undefined) return [forbidden(at, "must not be specified when labelSelector is not set")];
  return keys.flatMap((key, i) => qualifiedName(key, at.index(i)));
}

/** The selector holds each key once through `matchLabelKeys` itself; a second time is the author's. */
export function keysTwice(keys: readonly string[], selector: LabelSelector | undefined, at: Path): FieldError[] {
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  return (selector?.matchExpressions ?? []).flatMap(({ key }) => {
    const i = keys.lastIndexOf(key);
    const twice = i >= 0 && seen.has(key);
    seen.add(key);
    return twice ? [invalid(at.index(i), key, "exists in both matchLabelKeys and labelSelector")] : [];
  });
}
