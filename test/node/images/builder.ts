/** Images made on the spot: layers of a few files, with whatever config, as blobs by digest. */
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { type TarFile, tarEnd, tarHeader, tarPadding } from "../../../src/host-node/images/archive/tarWriter.ts";
import { machinePlatform } from "../../../src/host-node/images/registry/manifests.ts";

export interface LayerFile extends Omit<TarFile, "sizeBytes"> {
  readonly content?: string | Uint8Array;
}

export function layer(files: readonly LayerFile[]): Buffer {
  const parts = files.flatMap(({ content = "", ...file }) => {
    const bytes = typeof content === "string" ? Buffer.from(content) : Buffer.from(content);
    return [tarHeader({ ...file, sizeBytes: bytes.length }), bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, tarEnd]);
}

export type Packing = "gzip" | "zstd" | "none";

export interface BuiltImage {
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly manifest: Buffer;
  readonly config: Buffer;
  readonly layers: readonly string[];
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export interface ImageParts {
  readonly layers: readonly Buffer[];
  readonly config?: object;
  readonly packing?: Packing;
  readonly docker?: boolean;
}

export function buildImage({ layers, config = {}, packing = "gzip", docker = false }: ImageParts): BuiltImage {
  const packed = layers.map((each) => pack(each, packing));
  const { architecture, os } = machinePlatform;
  const configBytes = Buffer.from(JSON.stringify({ architecture, os, config, rootfs: { type: "layers", diff_ids: layers.map(sha256) } }));
  const type = (what: string): string => (docker ? `application/vnd.docker.${what}` : `application/vnd.oci.${what}`);
  const describe = (bytes: Buffer, mediaType: string): object => ({ mediaType, digest: sha256(bytes), size: bytes.length });
  const layerType = docker ? type("image.rootfs.diff.tar.gzip") : type(`image.layer.v1.tar${packing === "none" ? "" : `+${packing}`}`);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: docker ? type("distribution.manifest.v2+json") : type("image.manifest.v1+json"),
      config: describe(configBytes, docker ? type("container.image.v1+json") : type("image.config.v1+json")),
      layers: packed.map((bytes) => describe(bytes, layerType)),
    }),
  );
  const blobs = new Map([configBytes, ...packed].map((bytes) => [sha256(bytes), bytes] as const));
  return { blobs, manifest, config: configBytes, layers: packed.map(sha256) };
}

function pack(bytes: Buffer, packing: Packing): Buffer {
  if (packing === "none") return bytes;
  if (packing === "gzip") return gzipSync(bytes);
  const done = spawnSync("zstd", ["-q", "-c"], { input: bytes, maxBuffer: 1 << 30 });
  if (done.status !== 0) throw new Error(`zstd: ${done.stderr.toString()}`);
  return done.stdout;
}
