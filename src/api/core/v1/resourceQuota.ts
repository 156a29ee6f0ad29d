/** ResourceQuota. Upstream: pkg/registry/core/resourcequota/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ResourceQuota } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const resourceQuota: Kind<ResourceQuota> = defineKind({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  namespaced: true,
  shortNames: ["quota"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.ResourceQuota",
});
