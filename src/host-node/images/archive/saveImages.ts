/** Images out of the store as one archive that `cox image load`, `docker load`, `podman load` and `ctr images import` read: an OCI layout with Docker's manifest.json. */
import { createReadStream, readFileSync, statSync } from "node:fs";
import { ociIndexType, ociManifestType } from "../registry/manifests.ts";
import { referenceOf } from "../registry/reference.ts";
import type { ImageStore, StoredImage } from "../store/imageStore.ts";
import { tarEnd, tarHeader, tarPadding } from "./tarWriter.ts";

/** The archive's bytes. */
export async function* savedImages(store: ImageStore, images: readonly StoredImage[]): AsyncGenerator<Uint8Array> {
  yield* file("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  yield* file("index.json", JSON.stringify(indexOf(store, images)));
  yield* file("manifest.json", JSON.stringify(images.map((image) => dockerEntry(store, image))));
  const blobs = new Set(
    images.flatMap((image) => [image.manifest, image.config, ...store.manifestOf(image).layers.map(({ digest }) => digest)]),
  );
  for (const digest of blobs) {
    const path = store.blobPath(digest);
    const sizeBytes = statSync(path).size;
    yield tarHeader({ path: pathOf(digest), sizeBytes });
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) yield chunk;
    yield tarPadding(sizeBytes);
  }
  yield tarEnd;
}

function indexOf(store: ImageStore, images: readonly StoredImage[]): object {
  const manifests = images.map((image) => {
    const bytes = readFileSync(store.blobPath(image.manifest));
    const { mediaType = ociManifestType } = JSON.parse(bytes.toString()) as { mediaType?: string };
    const { tag } = referenceOf(image.name);
    const names = { "io.containerd.image.name": image.name, ...(tag === undefined ? {} : { "org.opencontainers.image.ref.name": tag }) };
    return { mediaType, digest: image.manifest, size: bytes.length, annotations: names };
  });
  return { schemaVersion: 2, mediaType: ociIndexType, manifests };
}

function dockerEntry(store: ImageStore, image: StoredImage): object {
  const tags = image.name.includes("@") ? [] : [image.name.replace(/^docker\.io\/(library\/)?/, "")];
  return { Config: pathOf(image.config), RepoTags: tags, Layers: store.manifestOf(image).layers.map(({ digest }) => pathOf(digest)) };
}

function pathOf(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function* file(path: string, text: string): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  yield tarHeader({ path, sizeBytes: bytes.length });
  yield bytes;
  yield tarPadding(bytes.length);
}
