/** Layers to a folder: each unpacked, checked against the digest that the image's config names, and laid over the ones before. Blocks its thread. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { decompressFile } from "./decompress.ts";
import { LayerWriter, type UnpackLimits } from "./layerWriter.ts";
import { TarReader } from "./tarReader.ts";
import { ArchiveError } from "./archiveError.ts";

export interface UnpackJob {
  /** Made; must not exist. */
  readonly root: string;
  /** The bottom first. */
  readonly layers: readonly UnpackLayer[];
  readonly limits?: UnpackLimits | undefined;
}

export interface UnpackLayer {
  readonly file: string;
  /** What to call it in errors. */
  readonly name: string;
  /** Of the unpacked bytes, `sha256:...`; undefined: not checked. */
  readonly diffId: string | undefined;
}

/** Rejects with ArchiveError for what is damaged or hostile. What was made stays for the caller to remove. */
export type Unpack = (job: UnpackJob) => Promise<void>;

export async function unpackLayers({ root, layers, limits }: UnpackJob): Promise<void> {
  mkdirSync(root, { mode: 0o755 });
  const writer = new LayerWriter(root, limits);
  try {
    for (const layer of layers) await unpackLayer(writer, layer);
    writer.finish();
  } finally {
    writer.abandon();
  }
}

async function unpackLayer(writer: LayerWriter, { file, name, diffId }: UnpackLayer): Promise<void> {
  writer.beginLayer();
  const reader = new TarReader(writer);
  const hash = createHash("sha256");
  try {
    await decompressFile(file, (chunk) => {
      hash.update(chunk);
      reader.push(chunk);
    });
    reader.end();
  } catch (error) {
    if (error instanceof ArchiveError) throw new ArchiveError(`layer ${name} is refused: ${error.message}`, { cause: error });
    throw error;
  }
  const digest = `sha256:${hash.digest("hex")}`;
  if (diffId !== undefined && digest !== diffId)
    throw new ArchiveError(
      `layer ${name} is refused: wrong diff id calculated on extraction "${digest}", the image's config says "${diffId}"`,
    );
}
