/** ClusterRole. Upstream: pkg/registry/rbac/clusterrole/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ClusterRole } from "../../../schema/shapes/rbac.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const clusterRole: Kind<ClusterRole> = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
  struct: "k8s.io/api/rbac/v1.ClusterRole",
});
