/** What `kubectl get` shows of bindings. Upstream: pkg/printers/internalversion/printers.go (printRoleBinding) */
import type { Column, KubeObject } from "../../../machinery/kind.ts";
import type { RoleRef, Subject } from "../../../schema/shapes/rbac.v1.ts";
import { ageColumn, column, wideColumn } from "../../columns.ts";

type Binding = KubeObject & { roleRef: RoleRef; subjects?: Subject[] | undefined };

export const bindingColumns: readonly Column<Binding>[] = [
  column("Role", "What is granted", ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
  ageColumn(),
  wideColumn("Users", "Users to whom", (binding) => namesOf(binding, "User")),
  wideColumn("Groups", "Groups to whom", (binding) => namesOf(binding, "Group")),
  wideColumn("ServiceAccounts", "Service accounts to whom", (binding) => namesOf(binding, "ServiceAccount")),
];

function namesOf({ subjects = [] }: Binding, kind: string): string {
  const found = subjects.filter((subject) => subject.kind === kind);
  return found.map(({ name, namespace }) => (kind === "ServiceAccount" ? `${namespace ?? ""}/${name}` : name)).join(", ");
}
