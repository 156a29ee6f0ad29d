/**
 * The disk's part of the summary: the node's file systems, what containers wrote into their roots and logs, and what each pod takes with its emptyDirs.
 * Left out: volumes one by one; how full the file system is that writable layers are in, which on the embedded runtime is memory.
 * Upstream: pkg/kubelet/stats/cri_stats_provider.go
 */
import { rfc3339 } from "../../machinery/time.ts";
import type { ContainerRuntime, FileSystem, Written } from "../ports/runtime.ts";
import type { LocalStorageUse } from "../worker/localStorage.ts";
import type { ContainerUsage, DiskUsage, PodUsage, Summary } from "./stats.ts";

interface DiskScene {
  readonly runtime: ContainerRuntime;
  readonly nowMs: number;
  readonly useOf: (podUid: string) => LocalStorageUse | undefined;
}

/** As it was where the runtime doesn't tell of disks. */
export async function withDisks(summary: Summary, { runtime, nowMs, useOf }: DiskScene): Promise<Summary> {
  const disks = await runtime.fileSystems?.();
  if (disks === undefined) return summary;
  const time = rfc3339(nowMs);
  const node = whole(disks.node, time);
  const imageFs = { ...whole(disks.images, time), usedBytes: disks.imageBytes };
  const pods = summary.pods.map(async (pod) => await podWithDisk(pod, useOf(pod.podRef.uid), node));
  return {
    node: { ...summary.node, fs: node, runtime: { imageFs, containerFs: imageFs } },
    pods: await Promise.all(pods),
  };
}

function whole({ capacityBytes, availableBytes, inodes, inodesFree }: FileSystem, time: string): DiskUsage {
  const usedBytes = capacityBytes - availableBytes;
  return { time, availableBytes, capacityBytes, usedBytes, inodesFree, inodes, inodesUsed: inodes - inodesFree };
}

async function podWithDisk(pod: PodUsage, use: LocalStorageUse | undefined, node: DiskUsage): Promise<PodUsage> {
  if (use === undefined) return pod;
  const parts = await Promise.all(pod.containers.map(async (each) => ({ each, written: await use.container(each.name) })));
  const written = parts.reduce((sum, part) => sum + (part.written?.rootBytes ?? 0) + (part.written?.logBytes ?? 0), 0);
  const usedBytes = written + (await use.volumes());
  return {
    ...pod,
    containers: parts.map((part) => containerWithDisk(part.each, part.written, node)),
    "ephemeral-storage": partOf(node, usedBytes),
  };
}

function containerWithDisk(container: ContainerUsage, written: Written | undefined, node: DiskUsage): ContainerUsage {
  if (written === undefined) return container;
  return { ...container, rootfs: { time: node.time, usedBytes: written.rootBytes }, logs: partOf(node, written.logBytes) };
}

function partOf({ time, availableBytes, capacityBytes, inodesFree, inodes }: DiskUsage, usedBytes: number): DiskUsage {
  return { time, availableBytes, capacityBytes, usedBytes, inodesFree, inodes };
}
