/**
 * The kubelet's image port over a list of sources, asked in order: the local store, the built-in catalogue, a registry. An image counts as present on the
 * machine once it was pulled through here, or when the local store has it.
 */
import { ImageError, type Images, type ImageStatus } from "../../kubelet/ports/runtime.ts";
import type { FoundImage, ImageSource, OpenImage, PullTerms } from "./image.ts";
import { canonicalImageName } from "./imageName.ts";

export interface ImageLibrary extends Images {
  /** By the ref that `pull` or `status` gave. */
  open(ref: string): Promise<OpenImage>;
  /** Lets go of what was opened before `beforeMs` (Date.now) and is not among the refs in use. */
  release(inUse: ReadonlySet<string>, beforeMs: number): Promise<void>;
}

interface Present {
  readonly status: ImageStatus;
  readonly found: FoundImage;
  readonly names: Set<string>;
  opened: Promise<OpenImage> | undefined;
  openedAtMs: number;
}

/** `unknown` says, for a name that no source has, what there is instead. */
export function createImages(sources: readonly ImageSource[], unknown: (name: string) => string): ImageLibrary {
  const library = new Library(sources, unknown);
  return {
    status: async (image) => (await library.present(image))?.status,
    pull: (image, terms) => library.pull(image, terms),
    list: async () => library.list(),
    remove: async (image) => library.remove(image),
    open: (ref) => library.open(ref),
    release: (inUse, beforeMs) => library.release(inUse, beforeMs),
  };
}

class Library {
  readonly #sources: readonly ImageSource[];
  readonly #unknown: (name: string) => string;
  readonly #present = new Map<string, Present>();
  readonly #refOf = new Map<string, string>();

  constructor(sources: readonly ImageSource[], unknown: (name: string) => string) {
    this.#sources = sources;
    this.#unknown = unknown;
  }

  async present(image: string): Promise<Present | undefined> {
    const known = this.#known(image);
    if (known !== undefined) return known;
    if (image.startsWith("sha256:")) return undefined;
    const name = canonicalImageName(image);
    for (const source of this.#sources) {
      const found = source.name === "local" ? await source.find(name) : undefined;
      if (found !== undefined) return this.#adopt(name, source, found);
    }
    return undefined;
  }

  async pull(image: string, terms: PullTerms): Promise<ImageStatus> {
    const name = canonicalImageName(image);
    for (const source of this.#sources) {
      terms.signal.throwIfAborted();
      const found = await source.find(name, terms);
      if (found === undefined) continue;
      return this.#adopt(name, source, found).status;
    }
    throw new ImageError("ErrImagePull", this.#unknown(image));
  }

  list(): readonly (ImageStatus & { readonly names: readonly string[] })[] {
    return [...this.#present.values()].map(({ status, names }) => ({ ...status, names: [...names] }));
  }

  remove(image: string): void {
    const known = this.#known(image);
    if (known === undefined) return;
    this.#present.delete(known.status.ref);
    for (const name of known.names) this.#refOf.delete(name);
  }

  async open(ref: string): Promise<OpenImage> {
    const known = this.#present.get(ref);
    if (known === undefined) throw new ImageError("ErrImageNeverPull", `image ${ref} is not present on this machine`);
    known.openedAtMs = Date.now();
    known.opened ??= known.found.open();
    known.opened.catch(() => (known.opened = undefined));
    return await known.opened;
  }

  async release(inUse: ReadonlySet<string>, beforeMs: number): Promise<void> {
    for (const known of this.#present.values()) {
      if (known.opened === undefined || inUse.has(known.status.ref) || known.openedAtMs > beforeMs) continue;
      known.opened = undefined;
      await known.found.close?.();
    }
  }

  #known(image: string): Present | undefined {
    const ref = this.#present.has(image) ? image : this.#refOf.get(image.startsWith("sha256:") ? image : canonicalImageName(image));
    const known = this.#present.get(ref ?? "");
    if (known?.found.exists?.() !== false) return known;
    // Removed behind our back, by `cox image rm` or to free the disk.
    this.#present.delete(known.status.ref);
    for (const name of known.names) this.#refOf.delete(name);
    return undefined;
  }

  #adopt(name: string, source: ImageSource, found: FoundImage): Present {
    const status: ImageStatus = { ref: found.ref, source: source.name, sizeBytes: found.sizeBytes, user: found.config.user };
    const known = this.#present.get(found.ref) ?? { status, found, names: new Set<string>(), opened: undefined, openedAtMs: 0 };
    this.#present.set(found.ref, known);
    const before = this.#refOf.get(name);
    if (before !== undefined && before !== found.ref) this.#present.get(before)?.names.delete(name);
    known.names.add(name);
    this.#refOf.set(name, found.ref);
    return known;
  }
}
