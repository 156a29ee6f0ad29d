/** Endpoints. Upstream: pkg/registry/core/endpoints/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Endpoints } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const endpoints: Kind<Endpoints> = defineKind({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  namespaced: true,
  shortNames: ["ep"],
  singular: "endpoints",
  struct: "k8s.io/api/core/v1.Endpoints",
});
