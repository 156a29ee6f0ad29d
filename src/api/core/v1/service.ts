/** Service. Upstream: pkg/registry/core/service/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Service } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const service: Kind<Service> = defineKind({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  namespaced: true,
  shortNames: ["svc"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Service",
});
