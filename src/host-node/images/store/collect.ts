/** Frees the disk of this machine's own images when it gets full. Those that run somewhere or were loaded by hand (nobody could pull them again) stay. */
import { diskPercent, freeDisk } from "../freeDisk.ts";
import type { ImageStore } from "./imageStore.ts";

export interface CollectOptions {
  readonly store: ImageStore;
  readonly isAlive: (owner: string) => boolean;
  readonly nowMs: number;
  /** Percent of the disk. Default: as it is. */
  readonly usedPercent?: (() => Promise<number>) | undefined;
}

/** Gives the names that went. */
export async function collectImages({ store, isAlive, nowMs, usedPercent }: CollectOptions): Promise<readonly string[]> {
  return await freeDisk({
    nowMs,
    usedPercent: usedPercent ?? (() => diskPercent(store.folder)),
    unused: () =>
      store
        .list()
        .filter((image) => image.origin === "registry" && !store.isUsed(image.config, isAlive))
        .map((image) => ({
          name: image.name,
          usedAtMs: store.usedAtMs(image),
          storedAtMs: image.storedAtMs,
          remove: () => store.remove(image),
        })),
  });
}
