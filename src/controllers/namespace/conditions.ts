/**
 * What a terminating namespace's conditions say: which content remains, which finalizers hold it, which deletions failed.
 * Upstream: pkg/controller/namespace/deletion/status_condition_utils.go
 */
import type { NamespaceCondition } from "../../schema/shapes/core.v1.ts";

export interface Remains {
  /** Objects left, by `plural.group` (`pods.`). */
  readonly byResource: ReadonlyMap<string, number>;
  /** Objects left that wait, by finalizer. */
  readonly byFinalizer: ReadonlyMap<string, number>;
  readonly failures: readonly string[];
}

export function conditionsOf(remains: Remains, before: readonly NamespaceCondition[] | undefined, now: string): NamespaceCondition[] {
  const conditions = [...(before ?? [])];
  for (const next of wantedConditions(remains)) {
    const at = conditions.findIndex((condition) => condition.type === next.type);
    const former = conditions[at];
    const lastTransitionTime = former?.status === next.status ? (former.lastTransitionTime ?? now) : now;
    if (former === undefined) conditions.push({ ...next, lastTransitionTime });
    else conditions[at] = { ...next, lastTransitionTime };
  }
  return conditions;
}

function wantedConditions({ byResource, byFinalizer, failures }: Remains): NamespaceCondition[] {
  return [
    condition("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered"),
    condition("NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    failures.length === 0
      ? condition(
          "NamespaceDeletionContentFailure",
          false,
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        )
      : condition(
          "NamespaceDeletionContentFailure",
          true,
          "ContentDeletionFailed",
          `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(", ")}`,
        ),
    byResource.size === 0
      ? condition("NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed")
      : condition("NamespaceContentRemaining", true, "SomeResourcesRemain", `Some resources are remaining: ${resourcesText(byResource)}`),
    byFinalizer.size === 0
      ? condition("NamespaceFinalizersRemaining", false, "ContentRemoved", "All content successfully removed")
      : condition(
          "NamespaceFinalizersRemaining",
          true,
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${finalizersText(byFinalizer)}`,
        ),
  ];
}

function condition(type: string, holds: boolean, reason: string, message: string): NamespaceCondition {
  return { type, status: holds ? "True" : "False", reason, message };
}

function resourcesText(byResource: ReadonlyMap<string, number>): string {
  return [...byResource]
    .map(([resource, count]) => `${resource} has ${count} resource instances`)
    .sort()
    .join(", ");
}

function finalizersText(byFinalizer: ReadonlyMap<string, number>): string {
  return [...byFinalizer]
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .sort()
    .join(", ");
}
