/**
 * The kubelet's image port over a list of sources, asked in order: the local store, the built-in catalogue, later a registry. An image counts
 * as present on the machine once it was pulled through here.
 */
import { ImageError, type Images, type ImageStatus } from "../../kubelet/ports/runtime.ts";
import type { FoundImage, ImageSource, OpenImage } from "./image.ts";
import { canonicalImageName } from "./imageName.ts";

export interface ImageLibrary extends Images {
  /** By the ref that `pull` or `status` gave. */
  open(ref: string): Promise<OpenImage>;
}

interface Present {
  readonly status: ImageStatus;
  readonly found: FoundImage;
  readonly names: Set<string>;
  opened: Promise<OpenImage> | undefined;
}

/** `unknown` says, for a name that no source has, what there is instead. */
export function createImages(sources: readonly ImageSource[], unknown: (name: string) => string): ImageLibrary {
  const present = new Map<string, Present>();
  const refOf = new Map<string, string>();
  const byName = (image: string): Present | undefined => present.get(image) ?? present.get(refOf.get(canonicalImageName(image)) ?? "");

  return {
    status: async (image) => byName(image)?.status,
    async pull(image, { signal }) {
      const name = canonicalImageName(image);
      for (const source of sources) {
        signal.throwIfAborted();
        const found = await source.find(name);
        if (found === undefined) continue;
        const known = present.get(found.ref);
        const status: ImageStatus = { ref: found.ref, source: source.name, sizeBytes: found.sizeBytes, user: found.config.user };
        if (known === undefined) present.set(found.ref, { status, found, names: new Set([name]), opened: undefined });
        else known.names.add(name);
        refOf.set(name, found.ref);
        return status;
      }
      throw new ImageError("ErrImagePull", unknown(image));
    },
    list: async () => [...present.values()].map(({ status, names }) => ({ ...status, names: [...names] })),
    async remove(image) {
      const known = byName(image);
      if (known === undefined) return;
      present.delete(known.status.ref);
      for (const name of known.names) refOf.delete(name);
    },
    async open(ref) {
      const known = present.get(ref);
      if (known === undefined) throw new ImageError("ErrImageNeverPull", `image ${ref} is not present on this machine`);
      known.opened ??= known.found.open();
      known.opened.catch(() => (known.opened = undefined));
      return await known.opened;
    },
  };
}
