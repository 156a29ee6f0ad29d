/** How long a pod may stay on a node with NoExecute taints. Upstream: pkg/controller/tainteviction/taint_eviction.go (processPodOnNode) */
import { tolerates } from "../../machinery/tolerations.ts";
import type { Taint, Toleration } from "../../schema/shapes/core.v1.ts";

/** Infinity: for good. */
export function stayMs(taints: readonly Taint[] | undefined, tolerations: readonly Toleration[] | undefined): number {
  let stay = Number.POSITIVE_INFINITY;
  for (const taint of taints ?? []) {
    if (taint.effect !== "NoExecute") continue;
    const toleration = tolerations?.find((each) => tolerates(each, taint));
    if (toleration === undefined) return 0;
    if (toleration.tolerationSeconds !== undefined) stay = Math.min(stay, Math.max(0, toleration.tolerationSeconds) * 1000);
  }
  return stay;
}
