/** Checks of labels, annotations and label selectors. Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required, tooLong } from "../../../machinery/fieldErrors.ts";
import { labelKeyProblems, labelValueProblems } from "../../../machinery/names.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../../../schema/shapes/meta.v1.ts";
import { problemsAt, qualifiedName } from "../../fieldChecks.ts";

const maxAnnotationsBytes = 256 * 1024;
const utf8 = new TextEncoder();

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, at: Path): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key, at),
    ...problemsAt(at, value, labelValueProblems(value)),
  ]);
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, at: Path): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) => problemsAt(at, key, labelKeyProblems(key.toLowerCase())));
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return size > maxAnnotationsBytes ? [...errors, tooLong(at, "", maxAnnotationsBytes)] : errors;
}

/** Counts only where it could matter: a text's bytes are at most three times its UTF-16 length. */
function byteLength(text: string): number {
  return text.length < 1024 && /^[\x20-\x7e]*$/.test(text) ? text.length : utf8.encode(text).length;
}

export function validateLabelSelector(selector: LabelSelector | undefined, at: Path): FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(selector.matchLabels, at.child("matchLabels")),
    ...(selector.matchExpressions ?? []).flatMap((expression, i) => validateRequirement(expression, at.child("matchExpressions").index(i))),
  ];
}

function validateRequirement({ key, operator, values = [] }: LabelSelectorRequirement, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const valuesAt = at.child("values");
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) errors.push(required(valuesAt, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) errors.push(forbidden(valuesAt, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    default:
      errors.push(invalid(at.child("operator"), operator, "not a valid selector operator"));
  }
  errors.push(...qualifiedName(key, at.child("key")));
  return [...errors, ...values.flatMap((value, i) => problemsAt(valuesAt.index(i), value, labelValueProblems(value)))];
}
