/** RoleBinding: grants a role in one namespace. Upstream: pkg/registry/rbac/rolebinding/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { RoleBinding } from "../../../schema/shapes/rbac.v1.ts";
import { defineKind } from "../../defineKind.ts";
import { pathSegmentName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { bindingColumns } from "./bindingColumns.ts";
import { rbacGroup, setBindingDefaults, validateBinding, validateSameRole } from "./roleValidation.ts";

export const roleBinding: Kind<RoleBinding> = defineKind<RoleBinding>({
  group: rbacGroup,
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  namespaced: true,
  struct: "k8s.io/api/rbac/v1.RoleBinding",
  setDefaults: setBindingDefaults,
  ...checkedWithMeta<RoleBinding>(
    { namespaced: true, name: pathSegmentName },
    (object, at) => validateBinding(object, ["Role", "ClusterRole"], at),
    validateSameRole,
  ),
  columns: bindingColumns,
});
