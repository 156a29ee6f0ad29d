/**
 * A container's root: the image below, a writable layer of its own above, /dev, /proc and /sys (kernelMounts.ts), and the pod's volumes. Gives the
 * list of mounts that the launch script makes in one go; makes the mount points beforehand, in the writable layer, where no running
 * program can move them.
 */
import { chmodSync, chownSync, cpSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { ContainerConfig } from "../../../kubelet/ports/runtime.ts";
import type { OpenImage } from "../../images/image.ts";
import { bind, formatFstab, type FstabEntry } from "../mountTable.ts";
import { kernelFolders, kernelMounts, type KernelView } from "./kernelMounts.ts";
import { findInRoot, type RootView } from "../rootView.ts";
import type { Shelf } from "./shelf.ts";

export interface RootRequest {
  /** Empty folder on the shelf's scratch space. */
  readonly folder: string;
  /** For its writable layer. */
  readonly layer: string;
  readonly image: OpenImage;
  readonly config: ContainerConfig;
  readonly workingDir: string;
  /** Files that the pod shares, by path inside: /etc/hosts and its like. */
  readonly files: ReadonlyMap<string, string>;
  readonly asRoot: boolean;
  /** Of the pod, as the agent sees it. */
  readonly sharedMemory: string;
  readonly groups: KernelView["groups"];
}

export interface ContainerRoot {
  readonly view: RootView;
}

export async function prepareRoot(shelf: Shelf, request: RootRequest): Promise<ContainerRoot> {
  const { folder, layer, image, config } = request;
  const root = join(folder, "root");
  const upper = shelf.overlay ? join(layer, "upper") : root;
  for (const each of [root, upper, join(layer, "work")]) mkdirSync(each, { recursive: true });
  if (!shelf.overlay) cpSync(image.root, root, { recursive: true, verbatimSymlinks: true });
  const binds = await Promise.all(image.binds.map(async (each) => ({ target: each.target, source: await shelf.view(each) })));
  const mounts: { target: string; source: string }[] = [...binds, { target: "/dev", source: shelf.dev }];
  const view: RootView = { layers: shelf.overlay ? [upper, image.root] : [root], mounts };
  const maker = new MountPoints(view, upper, request.asRoot);

  for (const [path, text] of request.files) {
    if (config.mounts.some((mount) => mount.containerPath === path)) continue;
    writeFileSync(join(upper, maker.folder(posix.dirname(path)), posix.basename(path)), text);
  }
  const { asRoot, sharedMemory, groups } = request;
  for (const path of kernelFolders(shelf)) maker.folder(path);
  const entries: FstabEntry[] = [
    ...(shelf.overlay ? [overlayRoot(shelf, request)] : []),
    ...binds.map(({ source, target }) => ({ source, target: join(root, target), type: "none", options: ["bind"] })),
    ...kernelMounts(shelf, { root, sharedMemory, groups, security: config.security, asRoot }),
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

/** Set-uid programs work where privileges may grow, as upstream: within what the container's bounding set leaves them. */
function overlayRoot(shelf: Shelf, { folder, layer, image, config }: RootRequest): FstabEntry {
  const options = [`lowerdir=${image.root}`, `upperdir=${join(layer, "upper")}`, `workdir=${join(layer, "work")}`, "nodev"];
  if (config.security.noNewPrivileges) options.push("nosuid");
  const root = join(folder, "root");
  if (config.security.readOnlyRootFilesystem) options.push("ro");
  return { source: "overlay", target: root, type: "overlay", options: [...options, ...shelf.overlayOptions] };
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
