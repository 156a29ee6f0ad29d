/** The conditions of a pod that the kubelet owns. Upstream: pkg/kubelet/status/generate.go */
import { conditionOf } from "../../machinery/conditions.ts";
import { goQuote } from "../../machinery/goText.ts";
import type { ContainerStatus, Pod, PodCondition } from "../../schema/shapes/core.v1.ts";
import { isSidecar } from "../pod/restarts.ts";
import type { PodRecord } from "../worker/record.ts";
import { hasBegun, type Phase } from "./phase.ts";

export interface ConditionScene {
  readonly phase: Phase;
  readonly statuses: ReadonlyMap<string, ContainerStatus>;
  readonly sandboxReady: boolean;
  /** Of the spec that the conditions are about. */
  readonly generation: number | undefined;
}

/** There only while a resize is under way, or can't be. */
export const resizeConditionTypes: readonly string[] = ["PodResizePending", "PodResizeInProgress"];

export function resizeConditions({ pending, started }: PodRecord["resize"]): PodCondition[] {
  const conditions: PodCondition[] = [];
  if (pending !== undefined) {
    const { reason, message, generation: observedGeneration } = pending;
    conditions.push({ type: "PodResizePending", status: "True", observedGeneration, reason, message });
  }
  if (started !== undefined) {
    const { error: message, generation: observedGeneration } = started;
    conditions.push({
      type: "PodResizeInProgress",
      status: "True",
      observedGeneration,
      ...(message === "" ? {} : { reason: "Error", message }),
    });
  }
  return conditions;
}

type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

const ownedConditions: readonly string[] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/** `others`: the pod's conditions as they stand, for readiness gates. Transition times are left to the caller. */
export function podConditions(pod: Pod, others: readonly PodCondition[], scene: ConditionScene): PodCondition[] {
  const containersReady = containersReadyOf(pod, scene);
  const verdicts: Readonly<Record<string, Verdict>> = {
    PodReadyToStartContainers: { status: scene.sandboxReady ? "True" : "False" },
    Initialized: initializedOf(pod, scene),
    Ready: readyOf(pod, others, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: "True" },
  };
  const { generation } = scene;
  return ownedConditions.map((type) => ({
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(verdicts[type] ?? { status: "Unknown" }),
  }));
}

function listed(title: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${title}: [${names.join(" ")}]`];
}

function containersReadyOf(pod: Pod, { phase, statuses }: ConditionScene): Verdict {
  const needed = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers].map((container) => container.name);
  const unknown = needed.filter((name) => !statuses.has(name));
  if (phase === "Succeeded" && unknown.length === 0) return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const unready = needed.filter((name) => statuses.get(name)?.ready === false);
  const texts = [...listed("containers with unknown status", unknown), ...listed("containers with unready status", unready)];
  if (texts.length === 0) return { status: "True" };
  return { status: "False", reason: "ContainersNotReady", message: texts.join(", ") };
}

function readyOf(pod: Pod, others: readonly PodCondition[], containersReady: Verdict): Verdict {
  if (containersReady.status !== "True") return containersReady;
  const texts: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = conditionOf(others, conditionType);
    if (gate === undefined) texts.push(`corresponding condition of pod readiness gate ${goQuote(conditionType)} does not exist.`);
    else if (gate.status !== "True")
      texts.push(`the status of pod readiness gate ${goQuote(conditionType)} is not "True", but ${gate.status}`);
  }
  return texts.length === 0 ? { status: "True" } : { status: "False", reason: "ReadinessGatesNotReady", message: texts.join(", ") };
}

function initializedOf(pod: Pod, { phase, statuses }: ConditionScene): Verdict {
  const all = pod.spec.initContainers ?? [];
  const unknown = all.filter((container) => !statuses.has(container.name)).map((container) => container.name);
  if (phase === "Succeeded" && unknown.length === 0) return { status: "True", reason: "PodCompleted" };
  if (hasBegun(pod, statuses)) return { status: "True" };
  const incomplete = all.filter((container) => {
    const status = statuses.get(container.name);
    return status !== undefined && !(isSidecar(container) ? status.started === true : status.ready);
  });
  const texts = [
    ...listed("containers with unknown status", unknown),
    ...listed(
      "containers with incomplete status",
      incomplete.map((container) => container.name),
    ),
  ];
  return texts.length === 0 ? { status: "True" } : { status: "False", reason: "ContainersNotInitialized", message: texts.join(", ") };
}
