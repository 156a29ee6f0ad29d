/**
 * Whether a node's kubelet still gives signs of life: a renewed Lease or a new heartbeat in its Ready condition, seen on this process's own clock.
 * Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go (tryUpdateNodeHealth)
 */
import { conditionOf } from "../../machinery/conditions.ts";
import { timeMs } from "../../machinery/time.ts";
import type { Lease } from "../../schema/shapes/coordination.v1.ts";
import type { Node, NodeCondition } from "../../schema/shapes/core.v1.ts";

export interface GracePeriods {
  /** Without a sign of life for this long a node counts as gone. */
  readonly monitorGraceMs: number;
  /** The same for a node whose kubelet never posted a status. */
  readonly startupGraceMs: number;
}

/** What was seen of a node, and when. */
export interface Pulse {
  readonly uid: string;
  readonly heartbeat: string | undefined;
  readonly renewed: string | undefined;
  readonly seenAtMs: number;
}

export function feel(node: Node, lease: Lease | undefined, before: Pulse | undefined, nowMs: number): Pulse {
  const ready = conditionOf(node.status?.conditions, "Ready");
  const pulse = {
    uid: node.metadata.uid ?? "",
    heartbeat: ready?.lastHeartbeatTime,
    renewed: lease?.spec?.renewTime,
  };
  if (before === undefined || before.uid !== pulse.uid) {
    const created = timeMs(node.metadata.creationTimestamp) ?? nowMs;
    return { ...pulse, seenAtMs: ready === undefined && lease === undefined ? created : nowMs };
  }
  const beat = pulse.heartbeat !== undefined && pulse.heartbeat !== before.heartbeat;
  const renewal = pulse.renewed !== undefined && pulse.renewed !== before.renewed;
  return beat || renewal ? { ...pulse, seenAtMs: nowMs } : before;
}

export function isGone(node: Node, pulse: Pulse, grace: GracePeriods, nowMs: number): boolean {
  const posted = conditionOf(node.status?.conditions, "Ready") !== undefined;
  return nowMs - pulse.seenAtMs > (posted ? grace.monitorGraceMs : grace.startupGraceMs);
}

/** NetworkUnavailable isn't the kubelet's to report. */
const kubeletConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** The conditions with all that the kubelet reports turned to Unknown; undefined when they are already. `now` is an API time. */
export function unknownConditions(node: Node, now: string): NodeCondition[] | undefined {
  const conditions = [...(node.status?.conditions ?? [])];
  let changed = false;
  for (const type of kubeletConditions) {
    const at = conditions.findIndex((condition) => condition.type === type);
    const former = conditions[at];
    if (former?.status === "Unknown") continue;
    changed = true;
    if (former === undefined) {
      conditions.push({
        type,
        status: "Unknown",
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: now,
      });
    } else {
      const message = "Kubelet stopped posting node status.";
      conditions[at] = { ...former, status: "Unknown", reason: "NodeStatusUnknown", message, lastTransitionTime: now };
    }
  }
  return changed ? conditions : undefined;
}
