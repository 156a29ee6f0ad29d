/** Checks of taints and of the tolerations that answer them. Upstream: pkg/apis/core/validation/validation.go (ValidateTolerations) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { labelValueProblems } from "../../../machinery/names.ts";
import type { Taint, Toleration } from "../../../schema/shapes/core.v1.ts";
import { qualifiedName } from "../../fieldChecks.ts";

const effects: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateTolerations(tolerations: readonly Toleration[], at: Path): FieldError[] {
  return tolerations.flatMap((toleration, i) => validateToleration(toleration, at.index(i)));
}

function validateToleration(toleration: Toleration, at: Path): FieldError[] {
  const { key = "", operator = "", effect = "", tolerationSeconds } = toleration;
  const errors = key === "" ? [] : qualifiedName(key, at.child("key"));
  if (key === "" && operator !== "Exists") {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(at.child("operator"), operator, text));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(invalid(at.child("effect"), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  errors.push(...validateOperator(toleration, at.child("operator")));
  return effect === "" ? errors : [...errors, ...validateEffect(effect, at.child("effect"))];
}

function validateOperator(toleration: Toleration, at: Path): FieldError[] {
  const { operator = "", value = "" } = toleration;
  switch (operator) {
    case "":
    case "Equal": {
      const problems = labelValueProblems(value);
      return problems.length === 0 ? [] : [invalid(at, value, problems.join(";"))];
    }
    case "Exists":
      return value === "" ? [] : [invalid(at, toleration, "value must be empty when `operator` is 'Exists'")];
    default:
      return [notSupported(at, operator, ["Equal", "Exists"])];
  }
}

function validateEffect(effect: string, at: Path): FieldError[] {
  return effects.includes(effect) ? [] : [notSupported(at, effect, effects)];
}

export function validateTaints(taints: readonly Taint[], at: Path): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const here = at.index(i);
    const problems = labelValueProblems(taint.value ?? "");
    const errors = qualifiedName(taint.key, here.child("key"));
    if (problems.length > 0) errors.push(invalid(here.child("value"), taint.value ?? "", problems.join(";")));
    errors.push(...(taint.effect === "" ? [required(here.child("effect"))] : validateEffect(taint.effect, here.child("effect"))));
    const pair = `${taint.effect}/${taint.key}`;
    if (seen.has(pair)) errors.push({ ...duplicate(here, taint), detail: "taints must be unique by key and effect pair" });
    seen.add(pair);
    return errors;
  });
}
