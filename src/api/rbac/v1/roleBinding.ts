/** RoleBinding. Upstream: pkg/registry/rbac/rolebinding/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { RoleBinding } from "../../../schema/shapes/rbac.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const roleBinding: Kind<RoleBinding> = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  namespaced: true,
  struct: "k8s.io/api/rbac/v1.RoleBinding",
});
