/** ClusterRole: what may be done anywhere, or in the namespaces where it is bound. Upstream: pkg/registry/rbac/clusterrole/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { required } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { AggregationRule, ClusterRole } from "../../../schema/shapes/rbac.v1.ts";
import { createdAtColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { pathSegmentName } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";
import { rbacGroup, validateRules } from "./roleValidation.ts";

export const clusterRole: Kind<ClusterRole> = defineKind<ClusterRole>({
  group: rbacGroup,
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
  struct: "k8s.io/api/rbac/v1.ClusterRole",
  ...checkedWithMeta<ClusterRole>({ namespaced: false, name: pathSegmentName }, (object, at) => [
    ...validateRules(object.rules, false, at.child("rules")),
    ...validateAggregation(object.aggregationRule, at.child("aggregationRule")),
  ]),
  columns: [createdAtColumn()],
});

function validateAggregation(rule: AggregationRule | undefined, at: Path): FieldError[] {
  if (rule === undefined) return [];
  const here = at.child("clusterRoleSelectors");
  const selectors = rule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) return [required(here, "at least one clusterRoleSelector required if aggregationRule is non-nil")];
  return selectors.flatMap((selector, i) => validateLabelSelector(selector, here.index(i)));
}
