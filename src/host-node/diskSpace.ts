/** How much room there is on a disk, and how much of it files take. */
import { statfs } from "node:fs/promises";
import type { FileSystem } from "../kubelet/ports/runtime.ts";
import { runTool } from "./tool.ts";

/** Of the file system that holds the path. */
export async function fileSystemOf(path: string): Promise<FileSystem> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(path);
  return { capacityBytes: blocks * bsize, availableBytes: bavail * bsize, inodes: files, inodesFree: ffree };
}

/** Bytes of all of them, as blocks are counted. */
export async function takenBy(paths: readonly string[]): Promise<number> {
  if (paths.length === 0) return 0;
  // A file that went meanwhile is no failure: the next look is soon.
  const told = await runTool("du", ["-s", "-c", "-B1", "--", ...paths]).catch(() => "");
  return Number(/^(\d+)\ttotal$/m.exec(told)?.[1] ?? 0);
}
