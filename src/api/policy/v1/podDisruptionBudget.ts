/** PodDisruptionBudget. Upstream: pkg/registry/policy/poddisruptionbudget/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { PodDisruptionBudget } from "../../../schema/shapes/policy.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const podDisruptionBudget: Kind<PodDisruptionBudget> = defineKind({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  namespaced: true,
  shortNames: ["pdb"],
  subresources: ["status"],
  struct: "k8s.io/api/policy/v1.PodDisruptionBudget",
});
