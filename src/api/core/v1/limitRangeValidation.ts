/** Checks of LimitRanges. Left out: the greatest ratio against max and min. Upstream: pkg/apis/core/validation/validation.go (ValidateLimitRange) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import { labelKeyProblems } from "../../../machinery/names.ts";
import { Quantity } from "../../../machinery/quantity.ts";
import type { LimitRangeItem } from "../../../schema/shapes/core.v1.ts";
import { problemsAt } from "../../fieldChecks.ts";
import { amountOf, validateContainerResourceName, validateResourceName } from "./resourceValidation.ts";

const types: readonly string[] = ["Pod", "Container", "PersistentVolumeClaim"];
const parts = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

export function validateLimits(limits: readonly LimitRangeItem[], at: Path): FieldError[] {
  const seen = new Set<string>();
  return limits.flatMap((item, i) => {
    const here = at.index(i);
    const errors = validateType(item.type, here.child("type"));
    if (seen.has(item.type)) errors.push(duplicate(here.child("type"), item.type));
    seen.add(item.type);
    return [...errors, ...validateNames(item, here), ...validateStorage(item, here), ...validateAmounts(item, here)];
  });
}

function validateType(type: string, at: Path): FieldError[] {
  const errors = problemsAt(at, type, labelKeyProblems(type));
  if (errors.length > 0 || type.includes("/") || types.includes(type)) return errors;
  return [invalid(at, type, "must be a standard limit type or fully qualified")];
}

function validateNames(item: LimitRangeItem, at: Path): FieldError[] {
  const check = item.type === "Pod" || item.type === "Container" ? validateContainerResourceName : validateResourceName;
  return parts.flatMap((part) => {
    const names = Object.keys(item[part] ?? {});
    const misplaced = item.type === "Pod" && (part === "default" || part === "defaultRequest");
    if (misplaced) return names.length === 0 ? [] : [forbidden(at.child(part), "may not be specified when `type` is 'Pod'")];
    return names.flatMap((name) => check(name, at.child(part).key(name)));
  });
}

function validateStorage({ type, min, max }: LimitRangeItem, at: Path): FieldError[] {
  if (type !== "PersistentVolumeClaim" || min?.["storage"] !== undefined || max?.["storage"] !== undefined) return [];
  return [required(at.child("limits"), "either minimum or maximum storage value is required, but neither was provided")];
}

/** Each pair in order, as the message names them: the first may not be greater than the second. */
const orders = [
  { at: "min", low: "min", high: "max", words: ["min value", "max value"] },
  { at: "defaultRequest", low: "min", high: "defaultRequest", words: ["min value", "default request value"] },
  { at: "defaultRequest", low: "defaultRequest", high: "max", words: ["default request value", "max value"] },
  { at: "defaultRequest", low: "defaultRequest", high: "default", words: ["default request value", "default limit value"] },
  { at: "default", low: "min", high: "default", words: ["min value", "default value"] },
  { at: "default", low: "default", high: "max", words: ["default value", "max value"] },
] as const;

function validateAmounts(item: LimitRangeItem, at: Path): FieldError[] {
  const errors = orders.flatMap(({ at: part, low, high, words }) =>
    Object.entries(item[low] ?? {}).flatMap(([name, amount]) => {
      const other = item[high]?.[name];
      if (other === undefined || amountOf(amount).compare(amountOf(other)) <= 0) return [];
      const text = `${words[0]} ${amount} is greater than ${words[1]} ${other}`;
      return [invalid(at.child(part).key(name), item[part]?.[name] ?? amount, text)];
    }),
  );
  const ratios = Object.entries(item.maxLimitRequestRatio ?? {}).filter(([, ratio]) => amountOf(ratio).compare(Quantity.of(1)) < 0);
  const ratioAt = at.child("maxLimitRequestRatio");
  return [...errors, ...ratios.map(([name, ratio]) => invalid(ratioAt.key(name), ratio, `ratio ${ratio} is less than 1`))];
}
