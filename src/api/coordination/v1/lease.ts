/** Lease: who holds a role, or lives, until when. Upstream: pkg/registry/coordination/lease/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { Lease, LeaseSpec } from "../../../schema/shapes/coordination.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsSubdomainName, mustBePositive, nonNegative, oneOf, qualifiedName } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

export const lease: Kind<Lease> = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
  struct: "k8s.io/api/coordination/v1.Lease",
  validate: ({ metadata, spec }, at) => [
    ...validateObjectMeta(metadata, { namespaced: true, name: dnsSubdomainName }, at.child("metadata")),
    ...validateSpec(spec, at.child("spec")),
  ],
  validateUpdate: (next, previous, at) => [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateSpec(next.spec, at.child("spec")),
  ],
  columns: [column("Holder", "Who holds it", ({ spec }) => spec.holderIdentity ?? ""), ageColumn()],
});

function validateSpec({ leaseDurationSeconds: seconds, leaseTransitions, strategy, preferredHolder }: LeaseSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (seconds !== undefined && seconds <= 0) errors.push(invalid(at.child("leaseDurationSeconds"), seconds, mustBePositive));
  errors.push(...nonNegative(leaseTransitions, at.child("leaseTransitions")));
  if (strategy !== undefined) errors.push(...validateStrategy(strategy, at.child("strategy", "strategy")));
  if (!preferredHolder || strategy) return errors;
  return [...errors, forbidden(at.child("preferredHolder"), "may only be specified if `strategy` is defined")];
}

function validateStrategy(strategy: string, at: Path): FieldError[] {
  return strategy.includes("/") ? qualifiedName(strategy, at) : oneOf(strategy, ["OldestEmulationVersion"], at);
}
