/** Which pods a drain removes, which it leaves, and what stands in its way. Upstream: kubectl/pkg/drain/filters.go */
import { controllerOf } from "../../machinery/owners.ts";
import { timeMs } from "../../machinery/time.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";

export interface DrainWish {
  readonly force: boolean;
  readonly ignoreDaemonSets: boolean;
  readonly deleteEmptyDirData: boolean;
  /** 0: never. */
  readonly skipDeletedAfterSeconds: number;
  readonly nowMs: number;
}

export interface PlannedPod {
  readonly pod: Pod;
  readonly remove: boolean;
  readonly warning?: string;
  readonly problem?: string;
}

type Verdict = Omit<PlannedPod, "pod">;

/** `missingOwners`: of pods whose DaemonSet is gone, by uid, the server's words. */
export function drainPlan(pods: readonly Pod[], wish: DrainWish, missingOwners: ReadonlyMap<string, string>): PlannedPod[] {
  return pods.map((pod) => ({ pod, ...verdictOn(pod, wish, missingOwners.get(pod.metadata?.uid ?? "")) }));
}

/** Each filter's verdict replaces the one before it, so that only the last one's warning is told. */
function verdictOn(pod: Pod, wish: DrainWish, missingOwner: string | undefined): Verdict {
  const { metadata, status } = pod;
  if (isLongDeleted(pod, wish)) return { remove: false };
  const owner = controllerOf(pod);
  const finished = status?.phase === "Succeeded" || status?.phase === "Failed";
  const ofDaemonSet = owner?.kind === "DaemonSet" && owner.apiVersion === "apps/v1" && !finished;
  const stays = ofDaemonSet ? daemonSetVerdict(wish, missingOwner) : undefined;
  if (stays !== undefined) return stays;
  if (metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined) return { remove: false };
  return finished ? { remove: true } : runningVerdict(pod, wish, owner !== undefined);
}

function runningVerdict({ spec }: Pod, wish: DrainWish, isOwned: boolean): Verdict {
  const usesEmptyDir = spec?.volumes?.some(({ emptyDir }) => emptyDir !== undefined && emptyDir !== null) === true;
  if (usesEmptyDir && !wish.deleteEmptyDirData) {
    return { remove: false, problem: "Pods with local storage (use --delete-emptydir-data to override)" };
  }
  if (isOwned) return { remove: true };
  if (!wish.force) return { remove: false, problem: "Pods that declare no controller (use --force to override)" };
  return { remove: true, warning: "deleting Pods that declare no controller" };
}

function isLongDeleted({ metadata }: Pod, { skipDeletedAfterSeconds: seconds, nowMs }: DrainWish): boolean {
  const deletedMs = timeMs(metadata?.deletionTimestamp ?? undefined);
  return seconds > 0 && deletedMs !== undefined && (nowMs - deletedMs) / 1000 > seconds;
}

/** undefined: the other filters decide. */
function daemonSetVerdict({ force, ignoreDaemonSets }: DrainWish, missingOwner: string | undefined): Verdict | undefined {
  if (missingOwner !== undefined) return force ? undefined : { remove: false, problem: missingOwner };
  if (!ignoreDaemonSets) return { remove: false, problem: "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)" };
  return { remove: false, warning: "ignoring DaemonSet-managed Pods" };
}

function grouped(plan: readonly PlannedPod[], textOf: (planned: PlannedPod) => string | undefined): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const planned of plan) {
    const text = textOf(planned);
    if (text === undefined) continue;
    const { namespace, name } = planned.pod.metadata ?? {};
    groups.set(text, [...(groups.get(text) ?? []), `${namespace}/${name}`]);
  }
  return groups;
}

/** One sentence a reason. */
export function planProblems(plan: readonly PlannedPod[]): string[] {
  return [...grouped(plan, ({ problem }) => problem)].map(([text, names]) => `cannot delete ${text}: ${names.join(", ")}`);
}

export function planWarnings(plan: readonly PlannedPod[]): string {
  return [...grouped(plan, ({ warning }) => warning)].map(([text, names]) => `${text}: ${names.join(", ")}`).join("; ");
}
