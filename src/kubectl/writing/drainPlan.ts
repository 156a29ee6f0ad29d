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

function verdictOn(pod: Pod, wish: DrainWish, missingOwner: string | undefined): Verdict {
  const { metadata, status, spec } = pod;
  const deletedMs = metadata?.deletionTimestamp ? timeMs(metadata.deletionTimestamp) : undefined;
  const { skipDeletedAfterSeconds: seconds } = wish;
  if (seconds > 0 && deletedMs !== undefined && (wish.nowMs - deletedMs) / 1000 > seconds) return { remove: false };
  const owner = controllerOf(pod);
  const finished = status?.phase === "Succeeded" || status?.phase === "Failed";
  // Each filter's verdict replaces the one before it, so that only the last one's warning is told.
  if (owner?.kind === "DaemonSet" && owner.apiVersion === "apps/v1" && !finished) {
    if (missingOwner !== undefined) {
      if (!wish.force) return { remove: false, problem: missingOwner };
    } else if (!wish.ignoreDaemonSets) return { remove: false, problem: "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)" };
    else return { remove: false, warning: "ignoring DaemonSet-managed Pods" };
  }
  if (metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined) return { remove: false };
  const usesEmptyDir = (spec?.volumes ?? []).some(({ emptyDir }) => emptyDir !== undefined && emptyDir !== null);
  if (usesEmptyDir && !finished && !wish.deleteEmptyDirData) {
    return { remove: false, problem: "Pods with local storage (use --delete-emptydir-data to override)" };
  }
  if (owner !== undefined || finished) return { remove: true };
  if (!wish.force) return { remove: false, problem: "Pods that declare no controller (use --force to override)" };
  return { remove: true, warning: "deleting Pods that declare no controller" };
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
