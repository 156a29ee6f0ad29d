/** Roles and their bindings. Upstream: kubectl/pkg/describe/describe.go */
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "../../schema/shapes/rbac.v1.ts";
import { compactRules } from "../writing/accessRules.ts";
import type { Page } from "./page.ts";
import { listText, putHead, putTable } from "./parts.ts";

export function describeRole({ metadata, rules = [] }: Partial<Role | ClusterRole>, page: Page): void {
  putHead(page, metadata, { namespaced: false });
  page.line(0, "PolicyRule:");
  const rows = compactRules(rules).map(({ resources, urls, names, verbs }) => [resources, ...[urls, names, verbs].map(listText)]);
  putTable(page, 1, ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"], rows);
}

export function describeBinding({ metadata, roleRef, subjects = [] }: RoleBinding | ClusterRoleBinding, page: Page): void {
  putHead(page, metadata, { namespaced: false });
  page.line(0, "Role:");
  page.field(1, "Kind", roleRef.kind);
  page.field(1, "Name", roleRef.name);
  page.line(0, "Subjects:");
  putTable(
    page,
    1,
    ["Kind", "Name", "Namespace"],
    subjects.map(({ kind, name, namespace = "" }) => [kind, name, namespace]),
  );
}
