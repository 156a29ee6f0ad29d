/**
 * Whether a pod that asks for other resources gets them: at once, later (Deferred) or not on this node (Infeasible).
 * Left out: which of several deferred ones is first. Upstream: pkg/kubelet/allocation/allocation_manager.go (handlePodResourcesResize)
 */
import { conditionOf } from "../../machinery/conditions.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { type Allocation, allocationOf, asGranted, recoveredAllocation } from "../pod/allocation.ts";
import type { Kit } from "./kit.ts";
import { withKind } from "./podText.ts";
import type { PodRecord } from "./record.ts";
import { resizeText } from "./resizeText.ts";

export class ResizeDecision {
  private readonly kit: Kit;
  private readonly record: PodRecord;
  private granted: Allocation;

  constructor(kit: Kit, record: PodRecord, pod: Pod) {
    this.kit = kit;
    this.record = record;
    this.granted = recoveredAllocation(pod);
    if (asGranted(pod, this.granted) !== pod) record.resize.pending = toldPending(pod);
  }

  /** Changes with each grant. */
  get allocation(): Allocation {
    return this.granted;
  }

  /** The pod as it may run: decides anew when it asks for something else than it has. */
  decide(pod: Pod): Pod {
    const { record } = this;
    const granted = asGranted(pod, this.granted);
    if (granted === pod) {
      record.resize.pending = undefined;
      return pod;
    }
    if (record.stopping !== undefined || record.verdict !== undefined) return granted;
    const refusal = this.kit.resizeRefusal(pod);
    if (refusal !== undefined) {
      this.refuse(pod, refusal);
      return granted;
    }
    this.grant(pod);
    return pod;
  }

  private grant(pod: Pod): void {
    const { generation = 0 } = pod.metadata;
    this.granted = allocationOf(pod);
    this.record.resize = { pending: undefined, started: { generation, error: "" }, isDue: true };
    this.record.resizeRetry = undefined;
    this.kit.events.event(withKind(pod), "Normal", "ResizeStarted", resizeText(pod, "started", generation));
    this.kit.allocationChanged();
  }

  private refuse(pod: Pod, { reason, message }: NonNullable<ReturnType<Kit["resizeRefusal"]>>): void {
    const { generation = 0 } = pod.metadata;
    const { pending } = this.record.resize;
    const isKnown = pending?.reason === reason && pending.message === message && pending.generation === generation;
    if (isKnown) return;
    this.record.resize.pending = { reason, message, generation };
    this.kit.events.event(withKind(pod), "Warning", `Resize${reason}`, resizeText(pod, reason, generation, message));
  }
}

/** As another kubelet has decided. */
function toldPending({ status }: Pod): PodRecord["resize"]["pending"] {
  const { reason, message = "", observedGeneration = 0 } = conditionOf(status?.conditions, "PodResizePending") ?? {};
  return reason === "Deferred" || reason === "Infeasible" ? { reason, message, generation: observedGeneration } : undefined;
}
