/**
 * Frees the runtime's disk of images, as a kubelet does: all images in the runtime are its to remove that no container uses, whoever made it. Pinned
 * ones stay, and the one that sandboxes are made of. Upstream: pkg/kubelet/images/image_gc_manager.go
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { diskPercent, freeDisk, type UnusedImage } from "../images/freeDisk.ts";
import type { GrpcChannel } from "./grpc.ts";
import { type Image, imageFsInfo, imageStatus, listImages, removeImage } from "./messages/imageService.ts";
import { listContainers } from "./messages/runtimeService.ts";

export interface ImageCollectorDeps {
  readonly channel: GrpcChannel;
  readonly clock: Clock;
  readonly log: Log;
  /** What the runtime makes sandboxes of, as it names it; empty where it doesn't tell. */
  readonly sandboxImage: string;
}

const everyMs = 5 * 60_000;
/** Removing one waits for the disk. */
const removeMs = 300_000;

export class ImageCollector implements Disposable {
  readonly #deps: ImageCollectorDeps;
  /** By image id. What was there before us counts as new, and is unused until it is seen in use: `usedAtMs` 0. */
  readonly #known = new Map<string, { readonly storedAtMs: number; usedAtMs: number }>();
  #closed = false;
  #timer: Disposable | undefined;

  constructor(deps: ImageCollectorDeps) {
    this.#deps = deps;
    this.#later();
  }

  /** A pod is about to use it. */
  used(id: string): void {
    const nowMs = this.#deps.clock.now();
    const known = this.#known.get(id);
    if (known === undefined) this.#known.set(id, { storedAtMs: nowMs, usedAtMs: nowMs });
    else known.usedAtMs = nowMs;
  }

  /** Gives the names of images that went. */
  async look(): Promise<readonly string[]> {
    const unused = await this.#unused();
    const { image_filesystems: disks } = await this.#deps.channel.call(imageFsInfo, {});
    const mountpoint = disks[0]?.fs_id?.mountpoint ?? "";
    if (mountpoint === "") return [];
    return await freeDisk({ nowMs: this.#deps.clock.now(), usedPercent: () => diskPercent(mountpoint), unused: () => unused });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #round(): Promise<void> {
    const { log } = this.#deps;
    try {
      const gone = await this.look();
      if (gone.length > 0) log.info("images removed from the container runtime to free its disk", { images: gone.join(", ") });
    } catch (error) {
      if (!this.#closed) log.warn("images can't be removed from the container runtime", { error: String(error) });
    }
    this.#later();
  }

  #later(): void {
    if (!this.#closed) this.#timer = this.#deps.clock.after(everyMs, () => void this.#round());
  }

  async #unused(): Promise<readonly UnusedImage[]> {
    const { channel, clock } = this.#deps;
    const nowMs = clock.now();
    const [{ images }, kept] = await Promise.all([channel.call(listImages, {}), this.#kept()]);
    const ids = new Set(images.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id);
    for (const { id } of images) {
      const known = this.#known.get(id) ?? { storedAtMs: nowMs, usedAtMs: 0 };
      this.#known.set(id, known);
      if (kept.has(id)) known.usedAtMs = nowMs;
    }
    return images.filter(({ id, pinned }) => !pinned && !kept.has(id)).map((image) => this.#asUnused(image));
  }

  #asUnused({ id, repo_tags: tags, repo_digests: digests }: Image): UnusedImage {
    const known = this.#known;
    const remove = async (): Promise<void> => {
      await this.#deps.channel.call(removeImage, { image: { image: id } }, { timeoutMs: removeMs });
      known.delete(id);
    };
    return {
      name: tags[0] ?? digests[0] ?? id,
      storedAtMs: known.get(id)?.storedAtMs ?? 0,
      get usedAtMs() {
        return known.get(id)?.usedAtMs ?? 0;
      },
      remove,
    };
  }

  /** Ids of images that containers use, ended ones too, and of the sandboxes'. */
  async #kept(): Promise<ReadonlySet<string>> {
    const { channel, sandboxImage } = this.#deps;
    const { containers } = await channel.call(listContainers, {});
    const refs = new Set(containers.map(({ image_ref: ref, image_id: id }) => (id === "" ? ref : id)));
    if (sandboxImage === "") return refs;
    const { image } = await channel.call(imageStatus, { image: { image: sandboxImage } });
    return image === undefined ? refs : refs.add(image.id);
  }
}
