/** An image out of an archive of a root file system, as `docker import` makes it. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { machinePlatform } from "../registry/manifests.ts";
import type { StoredImage } from "../store/imageStore.ts";
import { decompressFile } from "../unpack/decompress.ts";
import { addFile, keepNew, type LoadOptions } from "./loadImages.ts";

export interface ImportedConfig {
  readonly Entrypoint?: readonly string[] | undefined;
  readonly Cmd?: readonly string[] | undefined;
  readonly Env?: readonly string[] | undefined;
  readonly WorkingDir?: string | undefined;
  readonly User?: string | undefined;
}

/** `path`: a tar archive, plain or packed. */
export async function importRoot(
  path: string,
  config: ImportedConfig,
  options: LoadOptions & { readonly name: string },
): Promise<StoredImage> {
  const hash = createHash("sha256");
  await decompressFile(path, (chunk) => hash.update(chunk));
  const layer = await addFile(options.store, path);
  const { architecture, os } = machinePlatform;
  const rootfs = { type: "layers", diff_ids: [`sha256:${hash.digest("hex")}`] };
  const bytes = Buffer.from(JSON.stringify({ architecture, os, config, rootfs }));
  const digest = options.store.addBlob(bytes);
  return await keepNew(
    {
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: bytes.length },
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer, size: statSync(path).size }],
    },
    options,
  );
}
