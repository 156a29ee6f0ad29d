/**
 * What upstream adds to a rejection after it has looked for lesser pods to evict. Left out so far: evicting them.
 * Upstream: pkg/scheduler/framework/plugins/defaultpreemption, pkg/scheduler/framework/preemption/preemption.go
 */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { type Diagnosis, histogram } from "./diagnosis.ts";

/** Said first by the plugin for dynamic resources, which upstream asks before preemption. */
const noClaims = "no new claims to deallocate";

export function preemptionMessage(pod: Pod, diagnosis: Diagnosis): string {
  if (pod.spec.preemptionPolicy === "Never") return `${noClaims}, preemption: not eligible due to preemptionPolicy=Never.`;
  const tried = diagnosis.resolvable.length;
  const reasons = new Map([
    ["No preemption victims found for incoming pod", tried],
    ["Preemption is not helpful for scheduling", diagnosis.nodes - tried],
  ]);
  return `${noClaims}, preemption: ${histogram(diagnosis.nodes, reasons)}`;
}
