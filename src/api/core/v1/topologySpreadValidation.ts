/** Checks of how evenly pods are spread. Upstream: pkg/apis/core/validation/validation.go (validateTopologySpreadConstraints) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, required } from "../../../machinery/fieldErrors.ts";
import type { TopologySpreadConstraint } from "../../../schema/shapes/core.v1.ts";
import { mustBePositive, oneOf, optionalOneOf, qualifiedName } from "../../fieldChecks.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";
import { keysTwice } from "./affinityValidation.ts";

const actions: readonly string[] = ["DoNotSchedule", "ScheduleAnyway"];
const policies: readonly string[] = ["Honor", "Ignore"];

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], at: Path): FieldError[] {
  return constraints.flatMap((constraint, i) => {
    const again = constraints.slice(i + 1).some((other) => pairOf(other) === pairOf(constraint));
    const pairAt = at.index(i).child("{topologyKey, whenUnsatisfiable}");
    return [
      ...validateReach(constraint, at.index(i)),
      ...(again ? [duplicate(pairAt, pairOf(constraint))] : []),
      ...validateSelection(constraint, at.index(i)),
    ];
  });
}

function pairOf({ topologyKey, whenUnsatisfiable }: TopologySpreadConstraint): string {
  return `{${topologyKey}, ${whenUnsatisfiable}}`;
}

function validateReach({ maxSkew, topologyKey, whenUnsatisfiable }: TopologySpreadConstraint, at: Path): FieldError[] {
  const errors = maxSkew <= 0 ? [invalid(at.child("maxSkew"), maxSkew, mustBePositive)] : [];
  if (topologyKey === "") errors.push(required(at.child("topologyKey"), "can not be empty"));
  return [...errors, ...oneOf(whenUnsatisfiable, actions, at.child("whenUnsatisfiable"))];
}

function validateSelection(constraint: TopologySpreadConstraint, at: Path): FieldError[] {
  return [
    ...validateMinDomains(constraint, at.child("minDomains")),
    ...optionalOneOf(constraint.nodeAffinityPolicy, policies, at.child("nodeAffinityPolicy")),
    ...optionalOneOf(constraint.nodeTaintsPolicy, policies, at.child("nodeTaintsPolicy")),
    ...validateKeys(constraint, at.child("matchLabelKeys")),
    ...validateLabelSelector(constraint.labelSelector, at.child("labelSelector")),
  ];
}

function validateMinDomains({ minDomains, whenUnsatisfiable }: TopologySpreadConstraint, at: Path): FieldError[] {
  if (minDomains === undefined) return [];
  const errors = minDomains <= 0 ? [invalid(at, minDomains, mustBePositive)] : [];
  if (whenUnsatisfiable === "DoNotSchedule") return errors;
  return [...errors, invalid(at, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`)];
}

function validateKeys({ matchLabelKeys = [], labelSelector }: TopologySpreadConstraint, at: Path): FieldError[] {
  if (matchLabelKeys.length === 0) return [];
  const errors = matchLabelKeys.flatMap((key, i) => qualifiedName(key, at.index(i)));
  if (labelSelector === undefined) return [forbidden(at, "must not be specified when labelSelector is not set"), ...errors];
  return [...errors, ...keysTwice(matchLabelKeys, labelSelector, at)];
}
