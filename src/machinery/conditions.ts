/**
 * Status conditions as lists keyed by type. Shapes differ from kind to kind, so these take any of them.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/meta/conditions.go
 */
export interface ConditionLike {
  type: string;
  status: string;
  lastTransitionTime?: string | undefined;
}

export function conditionOf<C extends ConditionLike>(conditions: readonly C[] | undefined, type: C["type"]): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function conditionTrue(conditions: readonly ConditionLike[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === "True";
}

/**
 * The list with `next` in its place. `lastTransitionTime` is kept from the former condition of that type unless the status
 * changed; then it is `next`'s own, or `now` (an API time).
 */
export function withCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, next: C, now: string): C[] {
  const former = conditionOf(conditions, next.type);
  const since = former !== undefined && former.status === next.status ? former.lastTransitionTime : undefined;
  const condition: C = { ...next, lastTransitionTime: since ?? next.lastTransitionTime ?? now };
  if (former === undefined) return [...(conditions ?? []), condition];
  return (conditions ?? []).map((c) => (c === former ? condition : c));
}

export function withoutCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
