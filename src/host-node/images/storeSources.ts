/** The image store as sources of the library: what is in it, and what a registry brings into it. */
import { ImageError } from "../../kubelet/ports/runtime.ts";
import type { FoundImage, ImageSource, OpenImage, PullTerms } from "./image.ts";
import { readImageConfig } from "./store/imageConfig.ts";
import type { ImageStore, StoredImage } from "./store/imageStore.ts";

export interface StoreSourceOptions {
  readonly store: ImageStore;
  /** Whose use of an image is noted, so that nobody removes it meanwhile. */
  readonly owner: string;
  /** Brings the image into the store. Rejects with ImageError. */
  readonly pull: (canonicalName: string, terms: PullTerms) => Promise<void>;
}

export function localSource(options: StoreSourceOptions): ImageSource {
  return {
    name: "local",
    async find(name, terms) {
      const image = options.store.find(name);
      if (image === undefined) return undefined;
      // What came from a registry is asked for there again; what was loaded by hand, or is named by its digest, can't have changed.
      const fresh = terms === undefined || image.origin === "loaded" || name.includes("@");
      return fresh ? foundIn(options, image) : await fromRegistry(options, name, terms);
    },
  };
}

export function registrySource(options: StoreSourceOptions): ImageSource {
  return {
    name: "registry",
    find: async (name, terms) => (terms === undefined ? undefined : await fromRegistry(options, name, terms)),
  };
}

async function fromRegistry(options: StoreSourceOptions, name: string, terms: PullTerms): Promise<FoundImage> {
  await options.pull(name, terms);
  const image = options.store.find(name);
  if (image === undefined)
    throw new ImageError("ErrImagePull", `image "${name}" was pulled, and is gone again: the disk is too full for it`);
  return foundIn(options, image);
}

function foundIn({ store, owner }: StoreSourceOptions, image: StoredImage): FoundImage {
  const { config } = readImageConfig(store.configOf(image));
  return {
    ref: image.config,
    sizeBytes: image.sizeBytes,
    config,
    exists: () => store.hasRoot(image.config),
    async open(): Promise<OpenImage> {
      store.markUse(image.config, owner);
      if (!store.hasRoot(image.config)) throw new ImageError("ErrImagePull", `image "${image.name}" is no longer on this machine`);
      store.touch(image);
      return { ref: image.config, config, root: store.rootPath(image.config), binds: [] };
    },
    close: () => store.unmarkUse(image.config, owner),
  };
}
