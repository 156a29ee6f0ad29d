/**
 * Checks of single fields that the validation of many kinds is made of. Each gives the problems found; none is good.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/validation/{generic,objectmeta}.go, pkg/apis/core/validation/validation.go
 */
import type { FieldError, Path } from "../machinery/field.ts";
import { duplicate, invalid, notSupported, required } from "../machinery/fieldErrors.ts";
import type { IntOrString } from "../machinery/intOrString.ts";
import { percentOf } from "../machinery/intOrString.ts";
import {
  dns1035LabelProblems,
  dnsLabelProblems,
  dnsSubdomainProblems,
  labelKeyProblems,
  percentProblems,
  portNameProblems,
  portNumberProblems,
  withoutTrailingDash,
} from "../machinery/names.ts";
import { semanticEqual } from "./equal.ts";

/** What makes a good name for a kind. `prefix`: letters will follow, so a trailing dash is fine. */
export type NameRule = (name: string, prefix: boolean) => string[];

export const dnsSubdomainName: NameRule = (name, prefix) => dnsSubdomainProblems(prefix ? withoutTrailingDash(name) : name);
export const dnsLabelName: NameRule = (name, prefix) => dnsLabelProblems(prefix ? withoutTrailingDash(name) : name);
export const dns1035Name: NameRule = (name, prefix) => dns1035LabelProblems(prefix ? withoutTrailingDash(name) : name);
/** Names that only have to fit into a URL, as those of RBAC. */
export const pathSegmentName: NameRule = (name, prefix) => {
  const problems = !prefix && (name === "." || name === "..") ? [`may not be '${name}'`] : [];
  for (const character of ["/", "%"]) if (name.includes(character)) problems.push(`may not contain '${character}'`);
  return problems;
};

/** One Invalid per problem that a check of `value` found. */
export function problemsAt(at: Path, value: unknown, problems: readonly string[]): FieldError[] {
  return problems.map((problem) => invalid(at, value, problem));
}

export function nonNegative(value: number | undefined, at: Path): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(at, value, "must be greater than or equal to 0")] : [];
}

export const mustBePositive = "must be greater than 0";
const immutableText = "field is immutable";

export function immutable(next: unknown, previous: unknown, at: Path): FieldError[] {
  return semanticEqual(next, previous) ? [] : [invalid(at, next ?? null, immutableText)];
}

/** Required where empty. */
export function present(value: string | readonly unknown[] | undefined, at: Path, detail = ""): FieldError[] {
  return value === undefined || value.length === 0 ? [required(at, detail)] : [];
}

/** One of a closed set; upstream lists the set sorted. */
export function oneOf(value: string | undefined, supported: readonly string[], at: Path): FieldError[] {
  return supported.includes(value ?? "") ? [] : [notSupported(at, value ?? "", supported)];
}

/** As `oneOf`, but an absent value is asked for. */
export function requiredOneOf(value: string | undefined, supported: readonly string[], at: Path): FieldError[] {
  return value === undefined || value === "" ? [required(at)] : oneOf(value, supported, at);
}

/** As `oneOf`, but may be absent. */
export function optionalOneOf(value: string | undefined, supported: readonly string[], at: Path): FieldError[] {
  return value === undefined ? [] : oneOf(value, supported, at);
}

export function dnsLabel(value: string, at: Path): FieldError[] {
  return problemsAt(at, value, dnsLabelProblems(value));
}

export function dnsSubdomain(value: string, at: Path): FieldError[] {
  return problemsAt(at, value, dnsSubdomainProblems(value));
}

/** `name` or `prefix.example.com/name`: what label keys look like. */
export function qualifiedName(value: string, at: Path): FieldError[] {
  return problemsAt(at, value, labelKeyProblems(value));
}

export const protocols: readonly string[] = ["SCTP", "TCP", "UDP"];

export function portNumber(value: number, at: Path): FieldError[] {
  return problemsAt(at, value, portNumberProblems(value));
}

export function portNumberOrName(value: IntOrString, at: Path): FieldError[] {
  return typeof value === "number" ? portNumber(value, at) : problemsAt(at, value, portNameProblems(value));
}

/** A count or a share, as maxSurge. */
export function intOrPercent(value: IntOrString, at: Path): FieldError[] {
  return typeof value === "number" ? nonNegative(value, at) : problemsAt(at, value, percentProblems(value));
}

export function atMostWhole(value: IntOrString | undefined, at: Path): FieldError[] {
  const percent = value === undefined ? undefined : percentOf(value);
  return percent !== undefined && percent > 100 ? [invalid(at, value, "must not be greater than 100%")] : [];
}

/** Names of a list's members, each allowed once: remembers those it has seen. */
export function uniqueNames(): (name: string, at: Path) => FieldError[] {
  const seen = new Set<string>();
  return (name, at) => {
    if (seen.has(name)) return [duplicate(at, name)];
    seen.add(name);
    return [];
  };
}
