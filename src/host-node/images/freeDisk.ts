/**
 * When images go to free their disk: from 85 % on, the longest unused first, until it is at 80 %. What was used or has come just now stays, as a pod
 * may be about to run it. Upstream: pkg/kubelet/images/image_gc_manager.go
 */
import { statfs } from "node:fs/promises";

export interface UnusedImage {
  readonly name: string;
  /** 0: not that anybody saw. */
  readonly usedAtMs: number;
  readonly storedAtMs: number;
  readonly remove: () => Promise<void>;
}

export interface FreeDiskOptions {
  /** Asked for when the disk is full. */
  readonly unused: () => readonly UnusedImage[] | Promise<readonly UnusedImage[]>;
  /** Percent of the disk. */
  readonly usedPercent: () => Promise<number>;
  readonly nowMs: number;
}

const highPercent = 85;
const lowPercent = 80;
const minAgeMs = 2 * 60_000;

/** Gives the names that went. One that can't be removed keeps no other; if nothing could be, its error is thrown. */
export async function freeDisk({ unused, usedPercent, nowMs }: FreeDiskOptions): Promise<readonly string[]> {
  if ((await usedPercent()) < highPercent) return [];
  const candidates = (await unused()).toSorted((a, b) => a.usedAtMs - b.usedAtMs || a.storedAtMs - b.storedAtMs);
  const gone: string[] = [];
  const failures: unknown[] = [];
  for (const image of candidates) {
    // Asked only now: it may have been taken into use while others went.
    if (Math.max(image.usedAtMs, image.storedAtMs) >= nowMs - minAgeMs) continue;
    try {
      await image.remove();
    } catch (error) {
      failures.push(error);
      continue;
    }
    gone.push(image.name);
    if ((await usedPercent()) <= lowPercent) break;
  }
  if (gone.length === 0 && failures.length > 0) throw failures[0];
  return gone;
}

/** Of the disk that holds the folder. */
export async function diskPercent(folder: string): Promise<number> {
  const { blocks, bavail } = await statfs(folder);
  return blocks === 0 ? 0 : (1 - bavail / blocks) * 100;
}
