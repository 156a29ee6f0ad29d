/**
 * Images into the store out of an OCI layout (a folder or an archive) or of what `docker save` writes. An archive is unpacked aside as hostile bytes,
 * like any layer; every blob's digest is checked while it is copied.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { findInRoot } from "../../runtime/rootView.ts";
import { canonicalImageName } from "../imageName.ts";
import { choosePlatform, type Descriptor, jsonObject, type Manifest, ociManifestType, readManifest } from "../registry/manifests.ts";
import type { ImageStore, StoredImage } from "../store/imageStore.ts";
import { makeRoot } from "../store/makeRoot.ts";
import { removeTree } from "../store/removeTree.ts";
import type { Unpack } from "../unpack/unpack.ts";
import { ArchiveError } from "../unpack/archiveError.ts";

export interface LoadOptions {
  readonly store: ImageStore;
  readonly unpack: Unpack;
  /** Instead of the names in the archive. */
  readonly name?: string | undefined;
}

/** `path`: a layout's folder, or an archive, also a packed one. Rejects with ArchiveError. */
export async function loadImages(path: string, options: LoadOptions): Promise<readonly StoredImage[]> {
  if (statSync(path).isDirectory()) return await loadLayout(path, options);
  const { store, unpack } = options;
  const folder = store.draftPath("load");
  try {
    await unpack({ root: folder, layers: [{ file: path, name: path, diffId: undefined }] });
    return await loadLayout(folder, options);
  } finally {
    await removeTree(folder);
  }
}

async function loadLayout(folder: string, options: LoadOptions): Promise<readonly StoredImage[]> {
  if (fileIn(folder, "index.json") !== undefined) return await loadOci(folder, options);
  if (fileIn(folder, "manifest.json") !== undefined) return await loadDocker(folder, options);
  throw new ArchiveError("it holds neither an OCI layout (index.json) nor what docker save writes (manifest.json)");
}

async function loadOci(folder: string, options: LoadOptions): Promise<readonly StoredImage[]> {
  const content = readManifest(readFile(folder, "index.json"));
  if (content.kind !== "index") throw new ArchiveError("its index.json is no index");
  const loaded: StoredImage[] = [];
  const listed = jsonObject(readFile(folder, "index.json"), "index.json")["manifests"] as { annotations?: Record<string, string> }[];
  for (const [at, descriptor] of content.index.manifests.entries()) {
    const annotations = listed[at]?.annotations ?? {};
    const named = options.name ?? annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
    if (named === undefined || (options.name === undefined && !/[/:]/.test(named)))
      throw new ArchiveError(
        `it names no image (${named === undefined ? "no annotation" : `only the tag "${named}"`}): give one with --as NAME`,
      );
    loaded.push(await loadManifest(folder, descriptor, { ...options, name: named }));
  }
  return loaded;
}

async function loadManifest(folder: string, top: Descriptor, options: LoadOptions & { readonly name: string }): Promise<StoredImage> {
  let chosen = top;
  let content = readManifest(readFile(folder, blobPath(chosen.digest)));
  if (content.kind === "index") {
    chosen = choosePlatform(content.index);
    content = readManifest(readFile(folder, blobPath(chosen.digest)));
  }
  if (content.kind !== "manifest") throw new ArchiveError(`${chosen.digest} is no manifest of an image`);
  const { manifest } = content;
  for (const { digest } of [chosen, manifest.config, ...manifest.layers])
    await addFile(options.store, requireFile(folder, blobPath(digest)), digest);
  return await keep({ ...options, manifest, manifestDigest: chosen.digest, digest: top.digest });
}

async function loadDocker(folder: string, options: LoadOptions): Promise<readonly StoredImage[]> {
  const { entries } = jsonObject(Buffer.from(`{"entries":${readFile(folder, "manifest.json").toString()}}`), "manifest.json");
  const loaded: StoredImage[] = [];
  for (const { Config, RepoTags, Layers } of entries as { Config: string; RepoTags: string[] | null; Layers: string[] }[]) {
    const names = options.name === undefined ? (RepoTags ?? []) : [options.name];
    if (names.length === 0) throw new ArchiveError("it names no image: give a name with --as NAME");
    const add = async (path: string, mediaType: string): Promise<Descriptor> => {
      const file = requireFile(folder, path);
      return { mediaType, digest: await addFile(options.store, file), size: statSync(file).size };
    };
    const config = await add(Config, "application/vnd.oci.image.config.v1+json");
    const layers: Descriptor[] = [];
    for (const layer of Layers) layers.push(await add(layer, "application/vnd.oci.image.layer.v1.tar"));
    for (const name of names) loaded.push(await keepNew({ config, layers }, { ...options, name }));
  }
  return loaded;
}

/** A manifest of our own for blobs that are in the store. */
export async function keepNew(manifest: Manifest, options: LoadOptions & { readonly name: string }): Promise<StoredImage> {
  const digest = options.store.addBlob(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociManifestType, ...manifest })));
  return await keep({ ...options, manifest, manifestDigest: digest, digest });
}

interface Kept extends LoadOptions {
  readonly name: string;
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  readonly digest: string;
}

async function keep({ store, unpack, name, manifest, manifestDigest, digest }: Kept): Promise<StoredImage> {
  await makeRoot(store, manifest, unpack);
  const sizeBytes = manifest.layers.reduce((sum, { size }) => sum + size, manifest.config.size);
  const digests = { digest, manifest: manifestDigest, config: manifest.config.digest };
  const image: StoredImage = { name: canonicalImageName(name), ...digests, sizeBytes, origin: "loaded", storedAtMs: Date.now() };
  store.record(image);
  return image;
}

/** Copies the file into the store. Gives its digest; throws ArchiveError where that isn't `expected`. */
export async function addFile(store: ImageStore, path: string, expected?: string): Promise<string> {
  if (expected !== undefined && store.hasBlob(expected)) return expected;
  const hash = createHash("sha256");
  const part = store.draftPath("blob");
  const digesting = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    await pipeline(createReadStream(path), digesting, createWriteStream(part, { mode: 0o600 }));
    const digest = `sha256:${hash.digest("hex")}`;
    if (expected !== undefined && digest !== expected) throw new ArchiveError(`the blob ${expected} has the digest ${digest}`);
    store.keepPart(part, digest);
    return digest;
  } finally {
    await removeTree(part);
  }
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function readFile(folder: string, path: string): Buffer {
  return readFileSync(requireFile(folder, path));
}

function requireFile(folder: string, path: string): string {
  const file = fileIn(folder, path);
  if (file === undefined) throw new ArchiveError(`it holds no ${path}`);
  return file;
}

/** Links in it are followed inside of it only. */
function fileIn(folder: string, path: string): string | undefined {
  const { host, stats } = findInRoot({ layers: [folder], mounts: [] }, `/${path}`);
  return stats?.isFile() === true ? host : undefined;
}
