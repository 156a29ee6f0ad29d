/** Blobs by digest in a folder, and layers written into it: plain tar, in one order and without times, so that the same files always make the same layer. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, type Stats, writeFileSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { tarEnd, tarHeader, tarPadding } from "../archive/tarWriter.ts";

export interface Blob {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Something of this machine, and where it goes in the layer (without a leading slash). */
export interface LayerEntry {
  readonly source: string;
  readonly path: string;
}

let drafts = 0;

export class BlobFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  path(digest: string): string {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${JSON.stringify(digest)} is no digest`);
    return join(this.folder, digest.slice("sha256:".length));
  }

  has(digest: string): boolean {
    return existsSync(this.path(digest));
  }

  add(bytes: Uint8Array): Blob {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (!this.has(digest)) writeFileSync(this.path(digest), bytes, { mode: 0o600 });
    return { digest, sizeBytes: bytes.length };
  }

  /** Owners and permissions are kept, devices and sockets left out. */
  async addLayer(entries: readonly LayerEntry[]): Promise<Blob> {
    drafts += 1;
    const draft = join(this.folder, `draft-${drafts}.${process.pid}`);
    const writer = new LayerWriter(await open(draft, "w", 0o600));
    const blob = await writer.write(entries);
    await rename(draft, this.path(blob.digest));
    return blob;
  }
}

class LayerWriter {
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash("sha256");
  #sizeBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(entries: readonly LayerEntry[]): Promise<Blob> {
    try {
      for (const entry of entries) await this.#entry(entry);
      await this.#bytes(tarEnd);
    } finally {
      await this.#file.close();
    }
    return { digest: `sha256:${this.#hash.digest("hex")}`, sizeBytes: this.#sizeBytes };
  }

  async #entry({ source, path }: LayerEntry): Promise<void> {
    const stats = lstatSync(source);
    const ids = { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
    if (stats.isDirectory()) await this.#bytes(tarHeader({ path: `${path}/`, type: "folder", sizeBytes: 0, ...ids }));
    else if (stats.isSymbolicLink())
      await this.#bytes(tarHeader({ path, type: "symlink", linkPath: readlinkSync(source), sizeBytes: 0, ...ids }));
    else if (stats.isFile()) await this.#content(source, tarHeader({ path, sizeBytes: stats.size, ...ids }), stats);
  }

  async #content(source: string, header: Buffer, { size }: Stats): Promise<void> {
    await this.#bytes(header);
    let left = size;
    for await (const chunk of createReadStream(source) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      await this.#bytes(part);
    }
    if (left > 0) throw new Error(`${source} changed while it was read`);
    await this.#bytes(tarPadding(size));
  }

  async #bytes(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
    await this.#file.write(bytes);
  }
}

/** Everything below a folder, itself left out, in a fixed order. */
export function treeEntries(root: string, below = ""): LayerEntry[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((name) => {
      const path = below === "" ? name : `${below}/${name}`;
      const source = join(root, path);
      return [{ source, path }, ...(lstatSync(source).isDirectory() ? treeEntries(root, path) : [])];
    });
}
