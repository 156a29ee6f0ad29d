/** ClusterRoleBinding. Upstream: pkg/registry/rbac/clusterrolebinding/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ClusterRoleBinding } from "../../../schema/shapes/rbac.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const clusterRoleBinding: Kind<ClusterRoleBinding> = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
  struct: "k8s.io/api/rbac/v1.ClusterRoleBinding",
});
