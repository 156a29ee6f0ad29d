/**
 * What a container sees of the kernel: /dev, /proc, /sys, its control groups; and which paths of them are hidden or read-only.
 * Upstream: github.com/containerd/containerd/pkg/oci/mounts.go, opencontainers/runtime-spec config-linux.md (masked and read-only paths)
 */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { ContainerConfig } from "../../../kubelet/ports/runtime.ts";
import { bind, type FstabEntry } from "../mountTable.ts";
import type { Shelf } from "./shelf.ts";

export interface KernelView {
  /** The container's root, as the agent sees it. */
  readonly root: string;
  /** Of the pod's shared memory. */
  readonly sharedMemory: string;
  /** Groups to be seen, by where. */
  readonly groups: readonly { readonly source: string; readonly target: string }[];
  readonly security: Pick<ContainerConfig["security"], "privileged" | "procMount">;
  /** Whether the container's root is the machine's: then what is about the whole machine has to be masked. */
  readonly asRoot: boolean;
}

const safe = ["nosuid", "nodev", "noexec"];

/** What must be there for `kernelMounts`. */
export function kernelFolders(shelf: Shelf): readonly string[] {
  return ["/dev", "/proc", ...(shelf.sysfs ? ["/sys"] : [])];
}

export function kernelMounts(shelf: Shelf, view: KernelView): readonly FstabEntry[] {
  const { root, asRoot } = view;
  const { privileged, procMount } = view.security;
  const at = (path: string): string => join(root, path);
  const readOnly = privileged ? [] : ["ro"];
  return [
    { source: shelf.dev, target: at("/dev"), type: "none", options: ["rbind"] },
    {
      source: "devpts",
      target: at("/dev/pts"),
      type: "devpts",
      options: ["newinstance", "ptmxmode=0666", "mode=0620", "nosuid", "noexec"],
    },
    { source: view.sharedMemory, target: at("/dev/shm"), type: "none", options: ["bind", ...safe] },
    { source: "proc", target: at("/proc"), type: "proc", options: safe },
    ...(shelf.sysfs ? [{ source: "sysfs", target: at("/sys"), type: "sysfs", options: [...readOnly, ...safe] }, ...groupMounts(view)] : []),
    ...(asRoot && !privileged && procMount !== "Unmasked" ? masks(root, shelf.sysfs) : []),
  ];
}

function groupMounts({ root, groups, security: { privileged } }: KernelView): readonly FstabEntry[] {
  const several = groups.length > 0 && !groups.some(({ target }) => target === groupsRoot);
  const ground = { source: "cgroup", target: join(root, groupsRoot), type: "tmpfs", options: ["mode=755", "size=64k", ...safe] };
  const binds = groups.map(({ source, target }) => {
    const made = bind(source, join(root, target), !privileged);
    return { ...made, options: [...new Set([...made.options, "noexec", "x-mount.mkdir"])] };
  });
  return [...(several ? [ground] : []), ...binds];
}

const groupsRoot = "/sys/fs/cgroup";

const hiddenFiles = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/latency_stats"];
const hiddenFolders = ["/proc/acpi", "/proc/asound", "/proc/scsi"];
const hiddenInSys = ["/sys/firmware", "/sys/devices/virtual/powercap"];
const readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

function masks(root: string, sysfs: boolean): readonly FstabEntry[] {
  const folders = [...hiddenFolders, ...(sysfs ? hiddenInSys : [])];
  return [
    ...hiddenFiles.filter(exists).map((path) => ({ source: "/dev/null", target: join(root, path), type: "none", options: ["bind"] })),
    ...folders
      .filter(exists)
      .map((path) => ({ source: "masked", target: join(root, path), type: "tmpfs", options: ["ro", "size=0k", ...safe] })),
    ...readOnlyPaths.filter(exists).map((path) => ({
      source: join(root, path),
      target: join(root, path),
      type: "none",
      options: ["bind", "ro", ...safe],
    })),
  ];
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
