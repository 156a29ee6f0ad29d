/**
 * A container's root: the image below, a writable layer of its own above, the shared /dev, a /proc of its own, and the pod's volumes. Gives the
 * list of mounts that the launch script makes in one go; makes the mount points beforehand, in the writable layer, where no running
 * program can move them.
 */
import { chmodSync, chownSync, cpSync, lstatSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { ContainerConfig } from "../../../kubelet/ports/runtime.ts";
import type { OpenImage } from "../../images/image.ts";
import { bind, formatFstab, type FstabEntry } from "../mountTable.ts";
import { findInRoot, type RootView } from "../rootView.ts";
import type { Shelf } from "./shelf.ts";

export interface RootRequest {
  /** Empty folder on the shelf's scratch space. */
  readonly folder: string;
  readonly image: OpenImage;
  readonly config: ContainerConfig;
  readonly workingDir: string;
  /** Files that the pod shares, by path inside: /etc/hosts and its like. */
  readonly files: ReadonlyMap<string, string>;
  readonly asRoot: boolean;
}

export interface ContainerRoot {
  readonly view: RootView;
}

/** Paths of /proc that tell about the whole machine. Only root could read or write them; without root the kernel refuses by itself. */
const hiddenFiles = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats"];
const readOnlyFolders = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"];

export async function prepareRoot(shelf: Shelf, request: RootRequest): Promise<ContainerRoot> {
  const { folder, image, config } = request;
  const root = join(folder, "root");
  const upper = shelf.overlay ? join(folder, "upper") : root;
  for (const each of [root, upper, join(folder, "work")]) mkdirSync(each, { recursive: true });
  if (!shelf.overlay) cpSync(image.root, root, { recursive: true, verbatimSymlinks: true });
  const binds = await Promise.all(image.binds.map(async (each) => ({ target: each.target, source: await shelf.view(each) })));
  const mounts: { target: string; source: string }[] = [...binds, { target: "/dev", source: shelf.dev }];
  const view: RootView = { layers: shelf.overlay ? [upper, image.root] : [root], mounts };
  const maker = new MountPoints(view, upper, request.asRoot);

  for (const [path, text] of request.files) {
    if (config.mounts.some((mount) => mount.containerPath === path)) continue;
    writeFileSync(join(upper, maker.folder(posix.dirname(path)), posix.basename(path)), text);
  }
  const entries: FstabEntry[] = [
    ...(shelf.overlay ? [overlayRoot(shelf, request, root)] : []),
    ...binds.map(({ source, target }) => ({ source, target: join(root, target), type: "none", options: ["bind"] })),
    { source: shelf.dev, target: join(root, maker.folder("/dev")), type: "none", options: ["rbind"] },
    {
      source: "devpts",
      target: join(root, "/dev/pts"),
      type: "devpts",
      options: ["newinstance", "ptmxmode=0666", "mode=0620", "nosuid", "noexec"],
    },
    { source: "shm", target: join(root, "/dev/shm"), type: "tmpfs", options: ["nosuid", "nodev", "noexec", "size=64m"] },
    { source: "proc", target: join(root, maker.folder("/proc")), type: "proc", options: ["nosuid", "nodev", "noexec"] },
    ...(request.asRoot ? masks(root) : []),
  ];
  for (const mount of [...config.mounts].sort((a, b) => a.containerPath.length - b.containerPath.length)) {
    const isFolder = statSync(mount.hostPath, { throwIfNoEntry: false })?.isDirectory() ?? true;
    const target = isFolder ? maker.folder(mount.containerPath) : maker.file(mount.containerPath);
    mounts.push({ target, source: mount.hostPath });
    entries.push(bind(mount.hostPath, join(root, target), mount.readOnly));
  }
  maker.folder(request.workingDir);
  writeFileSync(join(folder, "fstab"), formatFstab(entries));
  return { view };
}

function overlayRoot(shelf: Shelf, { folder, image, config }: RootRequest, root: string): FstabEntry {
  const options = [`lowerdir=${image.root}`, `upperdir=${join(folder, "upper")}`, `workdir=${join(folder, "work")}`, "nosuid", "nodev"];
  if (config.security.readOnlyRootFilesystem) options.push("ro");
  return { source: "overlay", target: root, type: "overlay", options: [...options, ...shelf.overlayOptions] };
}

function masks(root: string): readonly FstabEntry[] {
  return [
    ...hiddenFiles.filter(exists).map((path) => ({ source: "/dev/null", target: join(root, path), type: "none", options: ["bind"] })),
    ...readOnlyFolders.filter(exists).map((path) => ({
      source: join(root, path),
      target: join(root, path),
      type: "none",
      options: ["bind", "ro", "nosuid", "nodev", "noexec"],
    })),
  ];
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Makes what a mount needs to stand on, in the writable layer, and gives the canonical path inside. */
class MountPoints {
  readonly #view: RootView;
  readonly #upper: string;
  /** Else all files have the one owner that there is. */
  readonly #asRoot: boolean;

  constructor(view: RootView, upper: string, asRoot: boolean) {
    this.#view = view;
    this.#upper = upper;
    this.#asRoot = asRoot;
  }

  folder(path: string): string {
    const found = findInRoot(this.#view, path);
    if (found.stats !== undefined && !found.stats.isDirectory()) throw new Error(`not a directory: ${path}`);
    if (found.stats !== undefined && found.mounted) return found.path;
    if (found.path === "/") return "/";
    const parent = this.folder(posix.dirname(found.path));
    const host = this.#hostOf(parent, posix.basename(found.path));
    if (mkdirSync(host, { recursive: true }) === undefined) return found.path;
    // It covers the lower layer's folder: it must have the same owner and mode.
    if (found.stats !== undefined && this.#asRoot) chownSync(host, found.stats.uid, found.stats.gid);
    chmodSync(host, found.stats === undefined ? 0o755 : found.stats.mode & 0o7777);
    return found.path;
  }

  file(path: string): string {
    const found = findInRoot(this.#view, path);
    if (found.stats?.isDirectory() === true) throw new Error(`not a file: ${path}`);
    if (found.stats !== undefined) return found.path;
    const parent = this.folder(posix.dirname(found.path));
    writeFileSync(this.#hostOf(parent, posix.basename(found.path)), "", { flag: "a" });
    return found.path;
  }

  #hostOf(parent: string, name: string): string {
    const folder = findInRoot(this.#view, parent);
    return folder.mounted && folder.host !== undefined ? join(folder.host, name) : join(this.#upper, parent, name);
  }
}
