/**
 * Gives a pod's running containers and its group what was granted: at once where its resizePolicy lets that be, else the plan restarts the container.
 * Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodResizeAction, doPodResizeAction)
 */
import type { Container, Pod, ResourceRequirements } from "../../schema/shapes/core.v1.ts";
import { grantedResources } from "../pod/containerConfig.ts";
import { podCgroup, sameGroup } from "../pod/podCgroup.ts";
import type { ContainerConfig, PodSandboxConfig } from "../ports/runtime.ts";
import { nextRetry } from "./backOff.ts";
import type { PodScene } from "./kit.ts";
import { withKind } from "./podText.ts";
import { type ContainerRecord, isRunning, type PodRecord } from "./record.ts";
import { resizeText } from "./resizeText.ts";

const firstRetryMs = 2000;
const maxRetryMs = 60_000;
const resized = ["cpu", "memory"] as const;

/** What a running container needs so that it has what it was granted. */
export function resizeStepOf(container: Container, own: ContainerRecord): "none" | "update" | "restart" {
  const changed = resized.filter((name) => differ(container.resources, own.resources, name));
  if (changed.length === 0) return "none";
  const restarts = container.resizePolicy?.some(
    ({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && changed.some((name) => name === resourceName),
  );
  return restarts === true ? "restart" : "update";
}

function differ(a: ResourceRequirements | undefined, b: ResourceRequirements | undefined, name: string): boolean {
  return a?.limits?.[name] !== b?.limits?.[name] || a?.requests?.[name] !== b?.requests?.[name];
}

interface Part {
  readonly container: Container;
  readonly own: ContainerRecord;
}

function running(pod: Pod, record: PodRecord): readonly Part[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap((container) => {
    const own = record.containers.get(container.name);
    return own !== undefined && isRunning(own) ? [{ container, own }] : [];
  });
}

/** Whether nothing has to be restarted first. */
export function canResizeNow(pod: Pod, record: PodRecord): boolean {
  if (!record.resize.isDue || record.busy.has("resize") || record.busy.has("start")) return false;
  return running(pod, record).every(({ container, own }) => resizeStepOf(container, own) !== "restart");
}

export async function resizePod(scene: PodScene): Promise<void> {
  const { kit, record, pod } = scene;
  try {
    await actuate(scene, pod);
  } catch (error) {
    record.resizeRetry = nextRetry(record.resizeRetry, kit.timers.clock.now(), firstRetryMs, maxRetryMs);
    tellError(scene, error instanceof Error ? error.message : String(error));
    return;
  }
  record.resizeRetry = undefined;
  if (!isSettled(scene)) return;
  const { started } = record.resize;
  record.resize = { ...record.resize, started: undefined, isDue: false };
  if (started !== undefined) kit.events.event(withKind(pod), "Normal", "ResizeCompleted", resizeText(pod, "completed", started.generation));
}

/** Not where another one was granted meanwhile, or where what began meanwhile has the former amounts. */
function isSettled({ pod, record }: PodScene): boolean {
  if (record.cgroup === undefined || !sameGroup(record.cgroup, podCgroup(pod))) return false;
  return running(pod, record).every(({ container, own }) => resizeStepOf(container, own) === "none");
}

function tellError({ kit, pod, record }: PodScene, error: string): void {
  const generation = record.resize.started?.generation ?? pod.metadata.generation ?? 0;
  if (record.resize.started?.error === error) return;
  record.resize = { ...record.resize, started: { generation, error } };
  kit.events.event(withKind(pod), "Warning", "ResizeError", resizeText(pod, "error", generation, error));
}

interface Sized extends Part {
  readonly id: string;
  readonly resources: ContainerConfig["resources"];
}

/** The pod's group is never below what its containers have at the moment. */
async function actuate({ kit, record }: PodScene, pod: Pod): Promise<void> {
  const { sandboxes, containers, images } = kit.runtime;
  const sandboxId = record.sandbox?.id ?? "";
  const group = podCgroup(pod);
  const parts = await Promise.all(
    running(pod, record).map(async ({ container, own }): Promise<Sized> => {
      const image = await images.status(container.image ?? "");
      return { container, own, id: own.current?.id ?? "", resources: grantedResources(pod, container, image, kit.node.memoryBytes) };
    }),
  );
  await refuseBelowUse({ kit, record }, parts, group);
  await sandboxes.resize(sandboxId, wider(record.cgroup ?? group, group));
  for (const { container, own, id, resources } of parts) {
    await containers.resize(id, resources);
    own.resources = container.resources ?? {};
  }
  await sandboxes.resize(sandboxId, group);
  record.cgroup = group;
  record.whole = pod.spec.resources;
}

type Group = PodSandboxConfig["cgroup"];

/** 0: none. */
function widerLimit(one: number, other: number): number {
  return one === 0 || other === 0 ? 0 : Math.max(one, other);
}

function wider(a: Group, b: Group): Group {
  return {
    ...b,
    cpuShares: Math.max(a.cpuShares, b.cpuShares),
    cpuQuotaMillis: widerLimit(a.cpuQuotaMillis, b.cpuQuotaMillis),
    memoryLimitBytes: widerLimit(a.memoryLimitBytes, b.memoryLimitBytes),
  };
}

/** A limit below what is used would end processes rather than hold them. */
async function refuseBelowUse({ kit, record }: Pick<PodScene, "kit" | "record">, parts: readonly Sized[], group: Group): Promise<void> {
  if (!parts.some(({ container, own }) => differ(container.resources, own.resources, "memory"))) return;
  const stats = new Map((await kit.runtime.stats()).map((one) => [one.containerId, one.memoryUsageBytes ?? one.memoryBytes]));
  const problems: string[] = [];
  const check = (what: string, limitBytes: number, usedBytes: number): void => {
    if (limitBytes === 0 || usedBytes <= limitBytes) return;
    problems.push(`attempting to set ${what} memory limit (${limitBytes}) below current usage (${usedBytes})`);
  };
  const before = record.cgroup?.memoryLimitBytes ?? 0;
  if (group.memoryLimitBytes !== 0 && (before === 0 || group.memoryLimitBytes < before)) {
    const beyond = parts.reduce((sum, { resources }) => sum + (resources.memoryBeyondPodBytes ?? 0), 0);
    const used = parts.reduce((sum, { id }) => sum + (stats.get(id) ?? 0), 0);
    check("pod", group.memoryLimitBytes + beyond, used);
  }
  for (const { container, own, id, resources } of parts) {
    if (differ(container.resources, own.resources, "memory"))
      check(`container "${container.name}"`, resources.memoryLimitBytes, stats.get(id) ?? 0);
  }
  const [first, ...more] = problems;
  if (first === undefined) return;
  throw new Error(`cannot decrease memory limits: ${more.length === 0 ? first : `[${problems.join(", ")}]`}`);
}
