/** ClusterRoleBinding: grants a cluster role everywhere. Upstream: pkg/registry/rbac/clusterrolebinding/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ClusterRoleBinding } from "../../../schema/shapes/rbac.v1.ts";
import { defineKind } from "../../defineKind.ts";
import { pathSegmentName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { bindingColumns } from "./bindingColumns.ts";
import { rbacGroup, setBindingDefaults, validateBinding, validateSameRole } from "./roleValidation.ts";

export const clusterRoleBinding: Kind<ClusterRoleBinding> = defineKind<ClusterRoleBinding>({
  group: rbacGroup,
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
  struct: "k8s.io/api/rbac/v1.ClusterRoleBinding",
  setDefaults: setBindingDefaults,
  ...checkedWithMeta<ClusterRoleBinding>(
    { namespaced: false, name: pathSegmentName },
    (object, at) => validateBinding(object, ["ClusterRole"], at),
    validateSameRole,
  ),
  columns: bindingColumns,
});
