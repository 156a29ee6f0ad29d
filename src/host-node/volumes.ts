/**
 * A pod's volumes on disk: `FOLDER/<pod uid>/<volume>`. Published content is swapped as a whole by renaming one link (`..data`), so that a program
 * never sees half of an update. Runs in the agent: memory volumes are tmpfs mounts of its own namespace.
 * Upstream: pkg/volume/util/atomic_writer.go, pkg/volume/hostpath/host_path.go, pkg/volume/util/subpath
 */
import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { chmod, chown, lstat, mkdir, open, readdir, readlink, rename, rm, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { VolumeFile, Volumes } from "../kubelet/ports/volumes.ts";
import { findInRoot } from "./runtime/rootView.ts";
import { runTool } from "./tool.ts";

export interface DiskVolumesOptions {
  readonly folder: string;
}

const dataLink = "..data";
/** No volume can have this name. */
const messages = ".messages";

export function diskVolumes({ folder }: DiskVolumesOptions): Volumes {
  const pathOf = (podUid: string, volume: string): string => join(folder, podUid, volume);
  const messagePath = (podUid: string, container: string, attempt: number): string =>
    pathOf(podUid, join(messages, `${container}-${attempt}`));
  return {
    async publish(podUid, volume, files, fsGroup) {
      const path = pathOf(podUid, volume);
      await mkdir(path, { recursive: true });
      await publish(path, files, fsGroup);
      return path;
    },
    async emptyDir(podUid, volume, { memory, sizeLimitBytes, fsGroup }) {
      const path = pathOf(podUid, volume);
      const isNew = (await mkdir(path, { recursive: true })) !== undefined;
      if (isNew) await chmod(path, 0o777);
      // Memory doesn't outlive the agent: after its restart the folder stands there without its mount.
      if (memory && !(await isMountPoint(path))) {
        const size = sizeLimitBytes === undefined ? [] : [`size=${sizeLimitBytes}`];
        await runTool("mount", ["-n", "-t", "tmpfs", "-o", ["mode=0777", "nosuid", "nodev", ...size].join(","), "tmpfs", path]);
      }
      // What is made in it later belongs to the group too.
      if (isNew && fsGroup !== undefined) await giveToGroup(path, 0o2777, fsGroup);
      return path;
    },
    async usedBytes(podUid, volume) {
      const told = await runTool("du", ["-s", "-B1", "--", pathOf(podUid, volume)]);
      return Number(/^\d+/.exec(told)?.[0] ?? 0);
    },
    async messageFile(podUid, container, attempt) {
      const path = messagePath(podUid, container, attempt);
      await mkdir(dirname(path), { recursive: true });
      // The attempt before the last has been shown.
      await rm(messagePath(podUid, container, attempt - 2), { force: true });
      await writeFile(path, "");
      await chmod(path, 0o666);
      return path;
    },
    readMessage: (podUid, container, attempt, maxBytes) => endOf(messagePath(podUid, container, attempt), maxBytes),
    hostPath,
    subPath,
    async remove(podUid) {
      const pod = join(folder, podUid);
      for (const volume of await readdir(pod).catch(() => [])) {
        const path = join(pod, volume);
        if (await isMountPoint(path)) await runTool("umount", ["-n", "-l", path]);
      }
      await rm(pod, { recursive: true, force: true });
    },
    list: () => readdir(folder).catch(() => []),
  };
}

async function publish(path: string, files: readonly VolumeFile[], fsGroup: number | undefined): Promise<void> {
  const name = `..v_${digestOf(files)}`;
  const old = await readlink(join(path, dataLink)).catch(() => undefined);
  if (old === name) return;
  const draft = join(path, name);
  await rm(draft, { recursive: true, force: true });
  for (const file of files) {
    const target = join(draft, file.path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, file.data);
    // Apart from writing: the process's umask must not count.
    await chmod(target, file.mode);
    if (fsGroup !== undefined) await giveToGroup(target, file.mode | 0o440, fsGroup);
  }
  await mkdir(draft, { recursive: true });
  const link = join(path, `${dataLink}_tmp`);
  await rm(link, { force: true });
  await symlink(name, link);
  await rename(link, join(path, dataLink));
  await linkTopNames(path, files);
  if (old !== undefined) await rm(join(path, old), { recursive: true, force: true });
}

/** Upstream: pkg/volume/volume_linux.go */
async function giveToGroup(path: string, mode: number, group: number): Promise<void> {
  try {
    await chown(path, process.getuid?.() ?? 0, group);
  } catch (error) {
    // An ordinary user's agent has one id only: in the container the file belongs to whoever runs there.
    if (!(error instanceof Error && "code" in error && (error.code === "EPERM" || error.code === "EINVAL"))) throw error;
  }
  await chmod(path, mode);
}

/** What people see: `key -> ..data/key`, for the first part of each path. */
async function linkTopNames(path: string, files: readonly VolumeFile[]): Promise<void> {
  const wanted = new Set(files.map((file) => file.path.split("/")[0] ?? ""));
  for (const name of await readdir(path)) {
    if (name.startsWith("..")) continue;
    if (!wanted.delete(name)) await unlink(join(path, name));
  }
  for (const name of wanted) await symlink(join(dataLink, name), join(path, name));
}

function digestOf(files: readonly VolumeFile[]): string {
  const hash = createHash("sha256");
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${file.path}\0${file.mode}\0${file.data.byteLength}\0`).update(file.data);
  }
  return hash.digest("hex").slice(0, 20);
}

interface HostPathType {
  readonly what: string;
  readonly matches: (stats: Stats) => boolean;
  readonly make?: (path: string) => Promise<void>;
}

const isFolder = (stats: Stats): boolean => stats.isDirectory();
const isFile = (stats: Stats): boolean => stats.isFile();

const hostPathTypes: Readonly<Record<string, HostPathType>> = {
  DirectoryOrCreate: {
    what: "a directory",
    matches: isFolder,
    make: async (path) => void (await mkdir(path, { recursive: true, mode: 0o755 })),
  },
  Directory: { what: "a directory", matches: isFolder },
  FileOrCreate: { what: "a file", matches: isFile, make: async (path) => await (await open(path, "a", 0o644)).close() },
  File: { what: "a file", matches: isFile },
  Socket: { what: "a socket file", matches: (stats) => stats.isSocket() },
  CharDevice: { what: "a character device", matches: (stats) => stats.isCharacterDevice() },
  BlockDevice: { what: "a block device", matches: (stats) => stats.isBlockDevice() },
};

async function hostPath(path: string, type: string): Promise<string> {
  if (type === "") return path;
  const rule = hostPathTypes[type];
  if (rule === undefined) throw new Error(`unknown hostPath type ${JSON.stringify(type)}`);
  const found = await statOf(path);
  if (found === undefined && rule.make !== undefined) await rule.make(path);
  else if (found === undefined || !rule.matches(found)) throw new Error(`hostPath type check failed: ${path} is not ${rule.what}`);
  return path;
}

/** Links inside the volume are followed as if the volume were the whole file system: none leads out of it. */
async function subPath(volumePath: string, sub: string): Promise<string> {
  if (sub.startsWith("/") || sub.split("/").includes("..")) throw new Error(`subPath ${JSON.stringify(sub)} must stay within the volume`);
  const { host, path } = findInRoot({ layers: [volumePath], mounts: [] }, `/${sub}`);
  if (host !== undefined) return host;
  const made = join(volumePath, path);
  await mkdir(made, { recursive: true });
  // What stands there now must be what was made: a program in the pod could have put a link in its place.
  const handle = await open(made, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY);
  await handle.close();
  return made;
}

/** The container's program could have made anything of it, but what is opened here is the file that was made. */
async function endOf(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (file === undefined) return new Uint8Array();
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await stat(path).catch(() => undefined);
}

/** A mount begins where the device changes. */
async function isMountPoint(path: string): Promise<boolean> {
  const [own, parent] = await Promise.all([lstat(path), lstat(dirname(path))]);
  return own.dev !== parent.dev;
}
