/**
 * The difference between two pod statuses as a strategic merge patch: conditions merge by type, so what others wrote stays.
 * Upstream: pkg/util/pod/pod.go (PatchPodStatus)
 */
import { resizeConditionTypes } from "./conditions.ts";
import type { Pod, PodCondition, PodStatus } from "../../schema/shapes/core.v1.ts";

/** Fields of the status that the kubelet writes; what it doesn't know is cleared. */
const fields = [
  "observedGeneration",
  "phase",
  "message",
  "reason",
  "hostIP",
  "podIP",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "ephemeralContainerStatuses",
  "qosClass",
  "allocatedResources",
  "resources",
] as const satisfies readonly (keyof PodStatus)[];

/**
 * Undefined: nothing differs. `known`: what the API has; `sent`: what was last written, where nobody has changed it since: then equal texts
 * are enough, and cheap.
 */
export function statusPatch(pod: Pod, known: PodStatus | undefined, next: PodStatus, sent?: PodStatus): unknown {
  const before: PodStatus = known ?? {};
  const status: Record<string, unknown> = {};
  const differs = (field: keyof PodStatus): boolean =>
    sent === undefined ? !same(before[field], next[field]) : JSON.stringify(sent[field]) !== JSON.stringify(next[field]);
  for (const field of fields) if (differs(field)) status[field] = next[field] ?? null;
  for (const field of ["podIPs", "hostIPs"] as const) {
    if (differs(field)) status[field] = replaced(next[field] ?? []);
  }
  const conditions = [
    ...(next.conditions ?? []).flatMap((condition) => changed(condition, before.conditions ?? [])),
    ...resizeConditionTypes.filter((type) => has(before, type) && !has(next, type)).map((type) => ({ type, $patch: "delete" })),
  ];
  if (conditions.length > 0) status["conditions"] = conditions;
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid: pod.metadata.uid }, status };
}

function has({ conditions = [] }: PodStatus, type: string): boolean {
  return conditions.some((condition) => condition.type === type);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || canonical(a ?? null) === canonical(b ?? null);
}

/** Equal for equal values, whatever the order of their keys and whether what is absent is written out. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
      const entries = Object.entries(inner).filter(([, v]) => v !== undefined && v !== null && !isEmpty(v));
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? "null"
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

/** The whole list: what the server has may be older than what is known here (the agent was started again). */
function replaced(next: readonly { ip: string }[]): unknown[] {
  return [...next, { $patch: "replace" }];
}

/** Absent texts are written as null, so that those of a former status go. */
function changed(next: PodCondition, known: readonly PodCondition[]): unknown[] {
  const former = known.find((condition) => condition.type === next.type);
  if (former !== undefined && same(comparable(former), comparable(next))) return [];
  return [{ ...next, reason: next.reason ?? null, message: next.message ?? null }];
}

function comparable({ type, status, reason, message, observedGeneration }: PodCondition): unknown[] {
  return [type, status, reason ?? null, message ?? null, observedGeneration ?? null];
}
