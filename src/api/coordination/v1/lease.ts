/** Lease: who holds a role, or lives, until when. Upstream: pkg/registry/coordination/lease/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Lease } from "../../../schema/shapes/coordination.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";

export const lease: Kind<Lease> = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
  struct: "k8s.io/api/coordination/v1.Lease",
  columns: [column("Holder", "Who holds it", ({ spec }) => spec.holderIdentity ?? ""), ageColumn()],
});
