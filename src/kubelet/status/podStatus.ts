/**
 * The status of a pod as the kubelet sees it: a pure function of the pod, its record and the status that the API has.
 * Upstream: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus), pkg/kubelet/status/status_manager.go
 */
import { conditionOf } from "../../machinery/conditions.ts";
import { isPodTerminal } from "../../machinery/pods.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from "../../schema/shapes/core.v1.ts";
import { qosClass } from "../pod/resources.ts";
import { isRunning, type PodRecord } from "../worker/record.ts";
import { podConditions, resizeConditions } from "./conditions.ts";
import { containerStatus, type StatusScene } from "./containerStatus.ts";
import { phaseOf, type Phase } from "./phase.ts";

export interface NodeScene {
  readonly nodeIp: string;
  readonly runtimeName: string;
  readonly nowMs: number;
}

/** `known`: the status that the API has, or will have when the last write arrives. */
export function podStatus(pod: Pod, record: PodRecord, known: PodStatus | undefined, node: NodeScene): PodStatus {
  const over = isOver(record);
  // That a pod is asked to stop isn't worth a write of its own: the final status follows.
  const generation = record.stopping !== undefined && !over ? known?.observedGeneration : pod.metadata.generation;
  const statuses = statusesOf(pod, record, node, over);
  const all = [...statuses.init, ...statuses.main];
  const byName = new Map(all.map((status) => [status.name, status]));
  const phase = settledPhase(pod, record, phaseOf(pod, byName, over));
  const sandboxReady = record.sandbox?.state === "ready";
  const resizing = record.stopping === undefined ? resizeConditions(record.resize) : [];
  const conditions = podConditions(pod, known?.conditions ?? [], { phase, statuses: byName, sandboxReady, generation });
  const ip = addressOf(pod, record, node);
  return {
    observedGeneration: generation,
    phase,
    conditions: dated([...resizing, ...conditions], known?.conditions, node.nowMs),
    ...explanation(record, known, phase),
    hostIP: node.nodeIp,
    hostIPs: [{ ip: node.nodeIp }],
    ...(ip === "" ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: known?.startTime ?? rfc3339(record.startedAtMs),
    ...nonEmpty("initContainerStatuses", statuses.init),
    containerStatuses: statuses.main,
    ...nonEmpty("ephemeralContainerStatuses", statuses.ephemeral),
    qosClass: known?.qosClass ?? qosClass(pod),
    ...wholeOf(pod, record),
  };
}

/** Of a pod that says something of itself: what it was granted, and what its group has. */
function wholeOf({ spec }: Pod, { whole }: PodRecord): Pick<PodStatus, "allocatedResources" | "resources"> {
  if (spec.resources === undefined) return {};
  return { allocatedResources: spec.resources.requests, resources: whole };
}

function nonEmpty(field: "initContainerStatuses" | "ephemeralContainerStatuses", statuses: ContainerStatus[]): PodStatus {
  return statuses.length === 0 ? {} : { [field]: statuses };
}

function addressOf(pod: Pod, record: PodRecord, node: NodeScene): string {
  if (pod.spec.hostNetwork !== true) return record.ip;
  return record.sandbox === undefined ? "" : node.nodeIp;
}

/** Why the pod is in this phase, where its containers don't show it; what was said before stays with its phase. */
function explanation(record: PodRecord, known: PodStatus | undefined, phase: Phase): Pick<PodStatus, "reason" | "message"> {
  if (record.verdict !== undefined) return { message: record.verdict.message, reason: record.verdict.reason };
  return known?.phase === phase ? { message: known.message, reason: known.reason } : {};
}

/** A rejected pod never gets containers: what the status says of it. */
export function rejectedStatus(pod: Pod, reason: string, message: string, startedAtMs: number): PodStatus {
  return {
    observedGeneration: pod.metadata.generation,
    phase: "Failed",
    reason,
    message: `Pod was rejected: ${message}`,
    startTime: rfc3339(startedAtMs),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
}

/** Stopped, and nothing of it runs any more. */
export function isOver(record: PodRecord): boolean {
  if (record.stopping === undefined || record.busy.has("start")) return false;
  return ![...record.containers.values()].some((container) => isRunning(container));
}

/** A pod that was declared over stays so. */
function settledPhase(pod: Pod, record: PodRecord, phase: Phase): Phase {
  if (record.verdict !== undefined) return "Failed";
  // What is stopped to be started again has not ended, whatever its exit code.
  const restarts = record.stopping === undefined && [...record.containers.values()].some(({ restarting }) => restarting);
  if (restarts) return "Running";
  if (isPodTerminal(pod)) return pod.status?.phase === "Succeeded" ? "Succeeded" : "Failed";
  return phase;
}

interface AllStatuses {
  readonly init: ContainerStatus[];
  readonly main: ContainerStatus[];
  readonly ephemeral: ContainerStatus[];
}

function statusesOf(pod: Pod, record: PodRecord, node: NodeScene, over: boolean): AllStatuses {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  const scene: StatusScene = {
    runtimeName: node.runtimeName,
    defaultReason: initContainers.length > 0 ? "PodInitializing" : "ContainerCreating",
    over,
  };
  const all = (list: readonly Container[]): ContainerStatus[] => list.map((c) => containerStatus(c, record.containers.get(c.name), scene));
  return { init: all(initContainers), main: all(containers), ephemeral: all(ephemeralContainers) };
}

function dated(conditions: readonly PodCondition[], known: readonly PodCondition[] | undefined, nowMs: number): PodCondition[] {
  let now: string | undefined;
  return conditions.map((condition) => {
    const former = conditionOf(known, condition.type);
    const since = former?.status === condition.status ? former.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: since ?? (now ??= rfc3339(nowMs)) };
  });
}
