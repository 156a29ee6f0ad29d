/** Role: what may be done in one namespace. Upstream: pkg/registry/rbac/role/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Role } from "../../../schema/shapes/rbac.v1.ts";
import { createdAtColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { pathSegmentName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { rbacGroup, validateRules } from "./roleValidation.ts";

export const role: Kind<Role> = defineKind<Role>({
  group: rbacGroup,
  version: "v1",
  kind: "Role",
  plural: "roles",
  namespaced: true,
  struct: "k8s.io/api/rbac/v1.Role",
  ...checkedWithMeta<Role>({ namespaced: true, name: pathSegmentName }, (object, at) => [
    ...validateRules(object.rules, true, at.child("rules")),
  ]),
  columns: [createdAtColumn()],
});
