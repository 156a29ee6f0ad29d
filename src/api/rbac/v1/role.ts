/** Role. Upstream: pkg/registry/rbac/role/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Role } from "../../../schema/shapes/rbac.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const role: Kind<Role> = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  namespaced: true,
  struct: "k8s.io/api/rbac/v1.Role",
});
