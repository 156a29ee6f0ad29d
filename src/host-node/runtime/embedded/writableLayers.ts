/**
 * Where containers' writable layers lie: in memory (ADR 7), or on disk where the kernel's memory file system lacks what an overlay needs. Before Linux 6.6 it
 * has no extended attributes of users: as an ordinary user, no folder of an image could be removed or renamed. Known only by trying.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "../../images/store/removeTree.ts";
import { runTool } from "../../tool.ts";
import type { FstabEntry } from "../mountTable.ts";

export interface WritableLayers {
  /** Whether folders can be laid over each other at all. */
  readonly overlay: boolean;
  readonly folder: string;
}

type Mount = (entries: readonly FstabEntry[]) => Promise<void>;

/** `memory`: an empty folder in memory; `disk`: one on disk, made only where it is needed; emptied of what a killed agent left. */
export async function writableLayers(
  where: { memory: string; disk: string },
  options: readonly string[],
  mount: Mount,
): Promise<WritableLayers> {
  const { memory, disk } = where;
  if (existsSync(disk)) await removeTree(disk);
  const inMemory = await trial(join(memory, "trial"), options, mount);
  if (inMemory !== "partly") return { overlay: inMemory === "wholly", folder: memory };
  mkdirSync(disk, { mode: 0o700 });
  const onDisk = await trial(join(disk, "trial"), options, mount);
  if (onDisk === "wholly") return { overlay: true, folder: disk };
  await removeTree(disk);
  return { overlay: true, folder: memory };
}

/** Some kernels and some file systems refuse overlays, some only the removal of folders from below. Leaves nothing. */
async function trial(at: string, options: readonly string[], mount: Mount): Promise<"wholly" | "partly" | "not"> {
  try {
    return await tryOverlay(at, options, mount);
  } finally {
    const merged = join(at, "merged");
    if (isMountPoint(merged)) await runTool("umount", ["-n", merged]);
    await removeTree(at);
  }
}

async function tryOverlay(at: string, options: readonly string[], mount: Mount): Promise<"wholly" | "partly" | "not"> {
  const part = (name: string): string => join(at, name);
  for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(part(name), { recursive: true });
  mkdirSync(join(part("lower"), "folder"));
  writeFileSync(join(part("lower"), "folder", "file"), "");
  const layers = [`lowerdir=${part("lower")}`, `upperdir=${part("upper")}`, `workdir=${part("work")}`];
  await mount([{ source: "overlay", target: part("merged"), type: "overlay", options: [...layers, ...options] }]).catch(() => undefined);
  if (!isMountPoint(part("merged"))) return "not";
  try {
    rmSync(join(part("merged"), "folder"), { recursive: true });
    mkdirSync(join(part("merged"), "folder"));
    return "wholly";
  } catch {
    return "partly";
  }
}

export function isMountPoint(path: string): boolean {
  return readFileSync("/proc/self/mountinfo", "utf8").includes(` ${path.replaceAll(" ", "\\040")} `);
}
