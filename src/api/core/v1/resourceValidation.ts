/** Checks of resource requests and limits. Upstream: pkg/apis/core/validation/validation.go (ValidateResourceRequirements) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, notFound, required } from "../../../machinery/fieldErrors.ts";
import { labelKeyProblems } from "../../../machinery/names.ts";
import { Quantity, QuantityError, parseQuantity, tryParseQuantity } from "../../../machinery/quantity.ts";
import type { ResourceClaim, ResourceRequirements } from "../../../schema/shapes/core.v1.ts";
import { mustBePositive, problemsAt } from "../../fieldChecks.ts";
import {
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isStandardContainerResource,
  isStandardResource,
  isWholeResource,
  mayOvercommit,
} from "./resourceNames.ts";

type Amounts = Readonly<Record<string, string>>;

/** Zero where the text is no quantity: `quantityForm` reports it. */
export function amountOf(text: string): Quantity {
  return tryParseQuantity(text) ?? Quantity.of(0);
}

function quantityForm(text: string, at: Path): FieldError[] {
  try {
    parseQuantity(text);
    return [];
  } catch (error) {
    if (error instanceof QuantityError) return [invalid(at, text, error.message)];
    throw error;
  }
}

export function nonNegativeQuantity(text: string, at: Path): FieldError[] {
  const amount = amountOf(text);
  if (amount.nanos < 0n) return [invalid(at, amount.toString(), "must be greater than or equal to 0")];
  return quantityForm(text, at);
}

export function positiveQuantity(text: string, at: Path): FieldError[] {
  const amount = amountOf(text);
  return amount.nanos > 0n ? [] : [invalid(at, amount.toString(), mustBePositive), ...quantityForm(text, at)];
}

export function validateAmount(name: string, text: string, at: Path): FieldError[] {
  const errors = nonNegativeQuantity(text, at);
  const whole = amountOf(text).milliValue() % 1000 === 0;
  return isWholeResource(name) && !whole ? [...errors, invalid(at, text, "must be an integer")] : errors;
}

/** As quotas and limit ranges name resources. */
export function validateResourceName(name: string, at: Path): FieldError[] {
  const errors = problemsAt(at, name, labelKeyProblems(name));
  if (errors.length > 0 || name.includes("/") || isStandardResource(name)) return errors;
  return [invalid(at, name, "must be a standard resource type or fully qualified")];
}

export function validateContainerResourceName(name: string, at: Path): FieldError[] {
  const errors = validateResourceName(name, at);
  if (!name.includes("/")) {
    return isStandardContainerResource(name) ? errors : [...errors, invalid(at, name, "must be a standard resource for containers")];
  }
  const odd = !isNativeResource(name) && !isExtendedResource(name);
  return odd ? [...errors, invalid(at, name, "doesn't follow extended resource name standard")] : errors;
}

export function validateResourceRequirements(resources: ResourceRequirements, claimNames: ReadonlySet<string>, at: Path): FieldError[] {
  const { limits = {}, requests = {} } = resources;
  const limitsAt = at.child("limits");
  const requestsAt = at.child("requests");
  const errors = [
    ...Object.entries(limits).flatMap(([name, amount]) => validateEntry(name, amount, limitsAt.key(name))),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...validateEntry(name, amount, requestsAt.key(name)),
      ...validateRequest(name, amount, limits, { limitsAt, requestsAt }),
    ]),
  ];
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes("cpu") && !names.includes("memory")) {
    errors.push(forbidden(at, "HugePages require cpu or memory"));
  }
  return [...errors, ...validateClaims(resources.claims ?? [], claimNames, at.child("claims"))];
}

function validateEntry(name: string, amount: string, at: Path): FieldError[] {
  const errors = [...validateContainerResourceName(name, at), ...validateAmount(name, amount, at)];
  const page = isHugePages(name) ? amountOf(name.slice("hugepages-".length)) : undefined;
  if (page === undefined) return errors;
  const pages = page.isZero() || amountOf(amount).nanos % page.nanos === 0n;
  return pages ? errors : [...errors, invalid(at, amount, `${amount} is not positive integer multiple of ${name}`)];
}

interface RequestPaths {
  readonly limitsAt: Path;
  readonly requestsAt: Path;
}

function validateRequest(name: string, amount: string, limits: Amounts, { limitsAt, requestsAt }: RequestPaths): FieldError[] {
  const limit = limits[name];
  if (limit === undefined) return mayOvercommit(name) ? [] : [required(limitsAt, "Limit must be set for non overcommitable resources")];
  const order = amountOf(amount).compare(amountOf(limit));
  if (order !== 0 && !mayOvercommit(name)) return [invalid(requestsAt, amount, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [invalid(requestsAt, amount, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

function validateClaims(claims: readonly ResourceClaim[], known: ReadonlySet<string>, at: Path): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name, request = "" }, i) => {
    if (name === "") return [required(at.index(i))];
    const key = request === "" ? name : `${name}/${request}`;
    const errors = seen.has(key) ? [duplicate(at.index(i), key)] : [];
    seen.add(key);
    if (known.has(name)) return errors;
    const rest = known.size === 0 ? " which is empty" : `: ${[...known].sort().join(", ")}`;
    return [...errors, { ...notFound(at.index(i), name), detail: `must be one of the names in pod.spec.resourceClaims${rest}` }];
  });
}
