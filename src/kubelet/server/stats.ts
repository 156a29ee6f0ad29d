/**
 * CPU and memory of what runs here, in the shape of the kubelet's summary: what a metrics API is made from.
 * Upstream: staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go
 */
import { rfc3339 } from "../../machinery/time.ts";
import type { ContainerStats } from "../ports/runtime.ts";

interface Usage {
  readonly time: string;
  readonly usageNanoCores: number;
  readonly usageCoreNanoSeconds: number;
  /** Beyond upstream's fields: the time that the rate is taken over. */
  readonly windowSeconds: number;
}
interface MemoryUsage {
  readonly time: string;
  readonly usageBytes: number;
  readonly workingSetBytes: number;
  readonly rssBytes?: number | undefined;
}
/** Of a file system, or of a part of it. */
export interface DiskUsage {
  readonly time: string;
  readonly availableBytes?: number | undefined;
  readonly capacityBytes?: number | undefined;
  readonly usedBytes?: number | undefined;
  readonly inodesFree?: number | undefined;
  readonly inodes?: number | undefined;
  readonly inodesUsed?: number | undefined;
}
export interface ContainerUsage {
  readonly name: string;
  readonly startTime: string;
  readonly cpu: Usage;
  readonly memory: MemoryUsage;
  readonly rootfs?: DiskUsage;
  readonly logs?: DiskUsage;
}
export interface PodUsage {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly startTime: string;
  readonly containers: readonly ContainerUsage[];
  readonly cpu: Usage;
  readonly memory: MemoryUsage;
  readonly "ephemeral-storage"?: DiskUsage;
}
interface NodeUsage {
  readonly nodeName: string;
  readonly startTime: string;
  readonly cpu: Usage;
  readonly memory: MemoryUsage;
  readonly fs?: DiskUsage;
  readonly runtime?: { readonly imageFs: DiskUsage; readonly containerFs: DiskUsage };
}
export interface Summary {
  readonly node: NodeUsage;
  readonly pods: readonly PodUsage[];
}

/** A container that runs here, by the id in the runtime. */
export interface RunningContainer {
  readonly id: string;
  readonly name: string;
  readonly startedAtMs: number;
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string; readonly startedAtMs: number };
}

/** A rate needs two samples this far apart at least; else the last known one is given again. */
const minSampleGapMs = 500;
/** An older sample says nothing about now. */
const maxSampleAgeMs = 60_000;

interface Sample {
  readonly timeMs: number;
  readonly cpuNanos: number;
  readonly nanoCores: number;
  readonly windowMs: number;
}

/** The node that a summary is of. */
export interface SummarisedNode {
  readonly name: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

export class Usages {
  private samples = new Map<string, Sample>();

  summary(node: SummarisedNode, running: readonly RunningContainer[], stats: readonly ContainerStats[]): Summary {
    const { name: nodeName, startedAtMs: nodeStartedAtMs, nowMs } = node;
    const byId = new Map(stats.map((one) => [one.containerId, one]));
    const kept = new Map<string, Sample>();
    const pods = new Map<string, { pod: RunningContainer["pod"]; containers: ContainerUsage[] }>();
    for (const container of running) {
      const stat = byId.get(container.id);
      if (stat === undefined) continue;
      const sample = this.sampled(container, stat);
      kept.set(container.id, sample);
      const entry = pods.get(container.pod.uid) ?? { pod: container.pod, containers: [] };
      entry.containers.push(usageOf(container, stat, sample));
      pods.set(container.pod.uid, entry);
    }
    this.samples = kept;
    const all = [...pods.values()].map(({ pod, containers }) => podUsage(pod, containers));
    return { node: { nodeName, startTime: rfc3339(nodeStartedAtMs), ...total(all, nowMs) }, pods: all };
  }

  /** Whether a rate from these would reach too far back; then they are kept as the beginning of a better one. */
  restart(running: readonly RunningContainer[], stats: readonly ContainerStats[]): boolean {
    const byId = new Map(stats.map((one) => [one.containerId, one]));
    const isOld = ({ id, startedAtMs }: RunningContainer): boolean => {
      const now = byId.get(id)?.timeMs ?? 0;
      return now - (this.samples.get(id)?.timeMs ?? startedAtMs) > maxSampleAgeMs;
    };
    if (!running.some(isOld)) return false;
    for (const container of running) {
      const stat = byId.get(container.id);
      if (stat !== undefined) this.samples.set(container.id, this.sampled(container, stat));
    }
    return true;
  }

  private sampled(container: RunningContainer, stat: ContainerStats): Sample {
    const before = this.samples.get(container.id) ?? { timeMs: container.startedAtMs, cpuNanos: 0, nanoCores: 0, windowMs: 0 };
    const gapMs = stat.timeMs - before.timeMs;
    if (gapMs < minSampleGapMs) return before;
    const nanoCores = Math.max(0, Math.round(((stat.cpuNanos - before.cpuNanos) / gapMs) * 1000));
    return { timeMs: stat.timeMs, cpuNanos: stat.cpuNanos, nanoCores, windowMs: gapMs };
  }
}

function usageOf(container: RunningContainer, stat: ContainerStats, sample: Sample): ContainerUsage {
  const time = rfc3339(stat.timeMs);
  return {
    name: container.name,
    startTime: rfc3339(container.startedAtMs),
    cpu: { time, usageNanoCores: sample.nanoCores, usageCoreNanoSeconds: stat.cpuNanos, windowSeconds: sample.windowMs / 1000 },
    memory: {
      time,
      usageBytes: stat.memoryUsageBytes ?? stat.memoryBytes,
      workingSetBytes: stat.memoryBytes,
      rssBytes: stat.memoryRssBytes,
    },
  };
}

function podUsage(pod: RunningContainer["pod"], containers: readonly ContainerUsage[]): PodUsage {
  const { name, namespace, uid } = pod;
  return { podRef: { name, namespace, uid }, startTime: rfc3339(pod.startedAtMs), containers, ...total(containers) };
}

function total(parts: readonly { readonly cpu: Usage; readonly memory: MemoryUsage }[], nowMs = 0): { cpu: Usage; memory: MemoryUsage } {
  const sum = (pick: (part: (typeof parts)[number]) => number): number => parts.reduce((all, part) => all + pick(part), 0);
  const time = parts[0]?.cpu.time ?? rfc3339(nowMs);
  const windowSeconds = Math.max(0, ...parts.map((part) => part.cpu.windowSeconds));
  return {
    cpu: {
      time,
      usageNanoCores: sum((p) => p.cpu.usageNanoCores),
      usageCoreNanoSeconds: sum((p) => p.cpu.usageCoreNanoSeconds),
      windowSeconds,
    },
    memory: { time, usageBytes: sum((p) => p.memory.usageBytes), workingSetBytes: sum((p) => p.memory.workingSetBytes) },
  };
}
