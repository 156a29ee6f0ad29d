/**
 * What containers share, mounted once in the agent's own mount namespace: a small /dev, and read-only views of parts of the machine. A
 * container then needs one bind per part, and the flags come along. Lives on a tmpfs, so that a killed agent leaves no mount and no file.
 */
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostBind } from "../../images/image.ts";
import { runTool } from "../../tool.ts";
import { openSeccomp, type Seccomp } from "./seccomp.ts";
import { copyInsideTools, insideToolsName } from "./insideTools.ts";
import { bind, formatFstab, type FstabEntry } from "../mountTable.ts";
import { Pipes } from "./pipes.ts";
import { isMountPoint, writableLayers } from "./writableLayers.ts";

export interface Shelf {
  /** Folder on the agent's own tmpfs, for what one container or sandbox writes. */
  readonly scratch: string;
  /** Of the same kind, for what containers write into their roots; on disk where memory can't hold it. */
  readonly layers: string;
  /** Holds null, zero, full, random, urandom, tty, pts, shm and the usual links. */
  readonly dev: string;
  /** For the standard streams of what runs in containers. */
  readonly pipes: Pipes;
  /** Whether the kernel lets us lay folders over each other here; else roots are copied. */
  readonly overlay: boolean;
  readonly seccomp: Seccomp;
  /** Whether containers can have a /sys: not within some other containers. */
  readonly sysfs: boolean;
  /** Mount options that an overlay needs here. */
  readonly overlayOptions: readonly string[];
  /** A read-only view of the bind's sources, ready to be bound into containers. */
  view(source: HostBind): Promise<string>;
  mount(entries: readonly FstabEntry[]): Promise<void>;
}

/** `seccompFolder`: of profiles that pods may name. `folder` must exist; a tmpfs goes over it, seen by the agent alone. */
export async function openShelf(folder: string, asRoot: boolean, seccompFolder: string): Promise<Shelf> {
  if (/[,:\\]/.test(folder)) throw new Error(`the state folder ${folder} may not have a comma, colon or backslash in its path`);
  await runTool("mount", ["-n", "-t", "tmpfs", "-o", "mode=0700,nosuid,nodev", "coxswain", folder]);
  const scratch = join(folder, "scratch");
  const dev = join(folder, "dev");
  for (const each of [scratch, dev, join(folder, "views")]) mkdirSync(each);
  const tools = join(folder, "tools");
  const seccomp = await openSeccomp(seccompFolder);
  await copyInsideTools(tools);
  const overlayOptions = asRoot ? [] : ["userxattr"];
  await mount(folder, devMounts(dev, tools)).catch(() => undefined);
  if (!isMountPoint(join(dev, "null"))) throw new Error(`cannot bind device files below ${folder}`);
  const where = { memory: scratch, disk: `${folder}-layers` };
  const { overlay, folder: layers } = await writableLayers(where, overlayOptions, (entries) => mount(folder, entries));
  const sysfs = await sysfsTrial(join(folder, "trial", "sys"));
  const views = new Map<string, Promise<string>>();

  const makeView = async ({ sources }: HostBind): Promise<string> => {
    // Without overlays only the lowest one shows: the machine's own part matters more than what an image adds to it.
    const [first = "/", ...lower] = overlay ? sources : sources.slice(-1);
    const target = join(folder, "views", String(views.size));
    if (statSync(first).isDirectory()) mkdirSync(target);
    else writeFileSync(target, "");
    if (lower.length === 0) await mount(folder, [bind(first, target, true)]);
    else {
      const options = [`lowerdir=${sources.join(":")}`, "ro", "nosuid", "nodev", ...overlayOptions];
      await mount(folder, [{ source: "overlay", target, type: "overlay", options }]);
    }
    return target;
  };
  return {
    scratch,
    layers,
    dev,
    pipes: new Pipes(join(folder, "pipes")),
    overlay,
    overlayOptions,
    seccomp,
    sysfs,
    view(source) {
      const key = source.sources.join(":");
      let made = views.get(key);
      if (made === undefined) views.set(key, (made = makeView(source)));
      return made;
    },
    mount: (entries) => mount(folder, entries),
  };
}

async function mount(folder: string, entries: readonly FstabEntry[]): Promise<void> {
  const table = join(
    folder,
    `fstab-${entries
      .map((entry) => entry.target.replaceAll("/", "_"))
      .join("")
      .slice(-64)}`,
  );
  writeFileSync(table, formatFstab(entries));
  await runTool("mount", ["-n", "-a", "-T", table]);
}

/** One /dev for all containers, hence read-only. Made in place and then bound over itself, so that everything fits in one list of mounts. */
function devMounts(dev: string, tools: string): readonly FstabEntry[] {
  const nodes = ["null", "zero", "full", "random", "urandom", "tty"];
  // A pod's termination message is bound over this file: nobody can make one later.
  for (const name of [...nodes, "termination-log"]) writeFileSync(join(dev, name), "");
  for (const name of ["pts", "shm", "mqueue", insideToolsName]) mkdirSync(join(dev, name));
  const links = { fd: "/proc/self/fd", stdin: "/proc/self/fd/0", stdout: "/proc/self/fd/1", stderr: "/proc/self/fd/2", ptmx: "pts/ptmx" };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(dev, name));
  return [
    { source: dev, target: dev, type: "none", options: ["bind", "ro", "nosuid", "noexec"] },
    { source: tools, target: join(dev, insideToolsName), type: "none", options: ["bind", "ro", "nosuid", "nodev"] },
    ...nodes.map((name) => ({ source: `/dev/${name}`, target: join(dev, name), type: "none", options: ["bind"] })),
  ];
}

async function sysfsTrial(target: string): Promise<boolean> {
  mkdirSync(target, { recursive: true });
  try {
    await runTool("mount", ["-n", "-t", "sysfs", "-o", "ro,nosuid,nodev,noexec", "sysfs", target]);
    await runTool("umount", ["-n", target]);
    return true;
  } catch {
    return false;
  }
}
