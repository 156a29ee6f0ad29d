/** The answer to an apply that others' fields stand against. Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go */
import { goQuote } from "../../schema/scalars/goText.ts";
import { type ApiError, applyConflict } from "../status.ts";
import { pathText } from "./fieldSet.ts";
import type { Manager } from "./managedEntries.ts";
import type { Conflict } from "./updater.ts";

export function conflictStatus(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(manager)}`,
    field: pathText(path),
  }));
  return applyConflict(causes, conflictText(conflicts));
}

function conflictText(conflicts: readonly Conflict[]): string {
  const [first, second] = conflicts;
  if (first !== undefined && second === undefined) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.manager)}: ${pathText(first.path)}`;
  }
  const byManager = new Map<string, string[]>();
  for (const { manager, path } of conflicts) {
    const who = managerText(manager);
    byManager.set(who, [...(byManager.get(who) ?? []), `- ${pathText(path)}`]);
  }
  const lines = [...byManager].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([who, paths]) => [`conflicts with ${who}:`, ...paths]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** `"kubectl-client-side-apply" using apps/v1`, `"helm"`, `"kube-controller-manager" with subresource "status" using apps/v1` */
function managerText({ name, operation, apiVersion, subresource }: Manager): string {
  const who = subresource === "" ? goQuote(name) : `${goQuote(name)} with subresource ${goQuote(subresource)}`;
  return operation === "Update" ? `${who} using ${apiVersion}` : who;
}
