/** The flattened root of an image whose blobs are all in the store: made aside, then renamed. */
import type { Manifest } from "../registry/manifests.ts";
import { RegistryError } from "../registry/registryError.ts";
import type { Unpack } from "../unpack/unpack.ts";
import { readImageConfig } from "./imageConfig.ts";
import type { ImageStore } from "./imageStore.ts";
import { removeTree } from "./removeTree.ts";

export async function makeRoot(store: ImageStore, { config, layers }: Manifest, unpack: Unpack): Promise<void> {
  if (store.hasRoot(config.digest)) return;
  const { diffIds } = readImageConfig(store.configOf({ config: config.digest }));
  if (diffIds.length !== layers.length)
    throw new RegistryError("broken", `the image has ${layers.length} layers and its config names ${diffIds.length}`);
  const draft = store.draftPath("root");
  try {
    const files = layers.map(({ digest }, at) => ({ file: store.blobPath(digest), name: digest, diffId: diffIds[at] }));
    await unpack({ root: draft, layers: files });
    store.keepRoot(draft, config.digest);
  } catch (error) {
    await removeTree(draft);
    // Another process was quicker.
    if (!store.hasRoot(config.digest)) throw error;
  }
}
