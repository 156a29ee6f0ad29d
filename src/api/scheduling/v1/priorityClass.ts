/** PriorityClass. Upstream: pkg/registry/scheduling/priorityclass/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { PriorityClass } from "../../../schema/shapes/scheduling.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const priorityClass: Kind<PriorityClass> = defineKind({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  namespaced: false,
  shortNames: ["pc"],
  struct: "k8s.io/api/scheduling/v1.PriorityClass",
});
