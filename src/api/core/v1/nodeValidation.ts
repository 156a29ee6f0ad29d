/** Checks of Nodes. Left out: configSource, which nothing reads any more. Upstream: pkg/apis/core/validation/validation.go (ValidateNode) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid } from "../../../machinery/fieldErrors.ts";
import type { Node } from "../../../schema/shapes/core.v1.ts";
import { cidrFamily, cidrRange } from "../../addressChecks.ts";
import { dnsSubdomainName } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateAmount } from "./resourceValidation.ts";
import { validateTaints } from "./taintValidation.ts";

export function validateNode(node: Node, at: Path): FieldError[] {
  const metaAt = at.child("metadata");
  return [
    ...validateObjectMeta(node.metadata, { namespaced: false, name: dnsSubdomainName }, metaAt),
    ...validateTaints(node.spec.taints ?? [], metaAt.child("taints")),
    ...validateResources(node, at.child("status")),
    ...validateRanges(node.spec.podCIDRs ?? [], at.child("spec", "podCIDRs")),
  ];
}

function validateResources({ status }: Node, at: Path): FieldError[] {
  return (["capacity", "allocatable"] as const).flatMap((part) =>
    Object.entries(status?.[part] ?? {}).flatMap(([name, amount]) => validateAmount(name, amount, at.child(part, name))),
  );
}

function validateRanges(ranges: readonly string[], at: Path): FieldError[] {
  const errors = ranges.flatMap((range, i) => cidrRange(range, at.index(i)));
  if (ranges.length < 2) return errors;
  if (ranges.length > 2 || new Set(ranges.map(cidrFamily)).size < 2) {
    errors.push(invalid(at, ranges, "may specify no more than one CIDR for each IP family"));
  }
  const twice = ranges.flatMap((range, i) => (ranges.indexOf(range) < i ? [duplicate(at.index(i), range)] : []));
  return [...errors, ...twice];
}

export function validateNodeUpdate(next: Node, previous: Node, at: Path): FieldError[] {
  const metaAt = at.child("metadata");
  const specAt = at.child("spec");
  const errors = [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, metaAt),
    ...validateResources(next, at.child("status")),
    ...validateAddresses(next, at.child("status", "addresses")),
  ];
  const before = previous.spec.podCIDRs ?? [];
  const now = next.spec.podCIDRs ?? [];
  if (before.length > 0 && (before.length !== now.length || before.some((range, i) => range !== now[i]))) {
    errors.push(forbidden(specAt.child("podCIDRs"), 'node updates may not change podCIDR except from "" to valid'));
  }
  if (previous.spec.providerID && previous.spec.providerID !== next.spec.providerID) {
    errors.push(forbidden(specAt.child("providerID"), 'node updates may not change providerID except from "" to valid'));
  }
  errors.push(...validateTaints(next.spec.taints ?? [], metaAt.child("taints")));
  if ((next.spec.externalID ?? "") === (previous.spec.externalID ?? "")) return errors;
  return [...errors, forbidden(specAt.child("externalID"), "may not be updated")];
}

function validateAddresses({ status }: Node, at: Path): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap((entry, i) => {
    const key = `${entry.type}/${entry.address}`;
    if (seen.has(key)) return [duplicate(at.index(i), entry)];
    seen.add(key);
    return [];
  });
}
