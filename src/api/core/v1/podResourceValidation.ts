/** Checks of resources given for a pod as a whole. Upstream: pkg/apis/core/validation/validation.go (validatePodResources) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, notSupported } from "../../../machinery/fieldErrors.ts";
import { Quantity } from "../../../machinery/quantity.ts";
import type { PodSpec } from "../../../schema/shapes/core.v1.ts";
import { isHugePages } from "./resourceNames.ts";
import { amountOf, validateResourceRequirements } from "./resourceValidation.ts";

const supported: readonly string[] = ["cpu", "memory"];

export function validatePodResources(spec: PodSpec, at: Path): FieldError[] {
  const resources = spec.resources;
  if (resources === undefined) return [];
  const errors = validateResourceRequirements(resources, new Set(), at);
  for (const part of ["limits", "requests"] as const) {
    const odd = Object.keys(resources[part] ?? {}).filter((name) => !supported.includes(name) && !isHugePages(name));
    errors.push(...odd.map((name) => notSupported(at.child(part), name, supported)));
  }
  return [...errors, ...validateSums(spec, at.child("requests")), ...validateEachLimit(spec, at.child("limits"))];
}

/** All containers together must fit into what the pod asks for. */
function validateSums({ containers, resources }: PodSpec, at: Path): FieldError[] {
  return Object.entries(resources?.requests ?? {}).flatMap(([name, whole]) => {
    const amounts = containers.map((container) => amountOf(container.resources?.requests?.[name] ?? "0"));
    const sum = amounts.reduce((total, amount) => total.add(amount), Quantity.of(0));
    if (sum.compare(amountOf(whole)) <= 0) return [];
    return [invalid(at.key(name), whole, `must be greater than or equal to aggregate container requests of ${sum.toString()}`)];
  });
}

/** No container may be allowed more than the whole pod. */
function validateEachLimit({ containers, resources }: PodSpec, at: Path): FieldError[] {
  return Object.entries(resources?.limits ?? {}).flatMap(([name, whole]) => {
    const over = containers.map((container) => container.resources?.limits?.[name]).find((limit) => exceeds(limit, whole));
    return over === undefined ? [] : [invalid(at.key(name), over, `must be less than or equal to pod limits of ${whole}`)];
  });
}

function exceeds(limit: string | undefined, whole: string): boolean {
  return limit !== undefined && amountOf(limit).compare(amountOf(whole)) > 0;
}
