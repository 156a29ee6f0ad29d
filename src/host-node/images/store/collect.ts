/**
 * Frees the disk of images when it gets full: from 85 % on, the least recently used ones go until it is at 80 %. Images that run somewhere, that
 * were used just now or that were loaded by hand (nobody could pull them again) stay.
 * Upstream: pkg/kubelet/images/image_gc_manager.go
 */
import { statfs } from "node:fs/promises";
import type { ImageStore } from "./imageStore.ts";

export interface CollectOptions {
  readonly store: ImageStore;
  readonly isAlive: (owner: string) => boolean;
  readonly nowMs: number;
  /** Percent of the disk. Default: as it is. */
  readonly usedPercent?: (() => Promise<number>) | undefined;
}

const highPercent = 85;
const lowPercent = 80;
const minAgeMs = 2 * 60_000;

/** Gives the names that went. */
export async function collectImages({ store, isAlive, nowMs, usedPercent }: CollectOptions): Promise<readonly string[]> {
  const used = usedPercent ?? (() => diskPercent(store.folder));
  if ((await used()) < highPercent) return [];
  const candidates = store
    .list()
    .filter((image) => image.origin === "registry" && store.usedAtMs(image) < nowMs - minAgeMs && !store.isUsed(image.config, isAlive))
    .sort((a, b) => store.usedAtMs(a) - store.usedAtMs(b));
  const gone: string[] = [];
  for (const image of candidates) {
    await store.remove(image);
    gone.push(image.name);
    if ((await used()) <= lowPercent) break;
  }
  return gone;
}

async function diskPercent(folder: string): Promise<number> {
  const { blocks, bavail } = await statfs(folder);
  return blocks === 0 ? 0 : (1 - bavail / blocks) * 100;
}
