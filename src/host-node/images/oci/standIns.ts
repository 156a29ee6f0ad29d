/** The catalogue's stand-ins as OCI images, made when they are first wanted. */
import type { ImageConfig, ImageSource } from "../image.ts";
import { machinePlatform, ociConfigType, ociLayerType, ociManifestType } from "../registry/manifests.ts";
import { type Blob, BlobFolder, treeEntries } from "./blobFolder.ts";
import { machineLayer } from "./machineLayer.ts";

export interface OciImage {
  readonly manifest: Blob;
  readonly config: Blob;
}

export interface StandInsOptions {
  readonly catalogue: ImageSource;
  readonly folder: string;
  /** The Node that runs them. */
  readonly node: { readonly source: string; readonly inside: string };
}

export class StandIns {
  readonly blobs: BlobFolder;
  readonly #options: StandInsOptions;
  readonly #made = new Map<string, Promise<OciImage | undefined>>();
  #machine: Promise<Blob> | undefined;

  constructor(options: StandInsOptions) {
    this.#options = options;
    this.blobs = new BlobFolder(options.folder);
  }

  /** Undefined: there is no stand-in of that name. */
  image(canonicalName: string): Promise<OciImage | undefined> {
    let made = this.#made.get(canonicalName);
    if (made === undefined) {
      made = this.#make(canonicalName);
      this.#made.set(canonicalName, made);
      made.catch(() => this.#made.delete(canonicalName));
    }
    return made;
  }

  async #make(canonicalName: string): Promise<OciImage | undefined> {
    const found = await this.#options.catalogue.find(canonicalName);
    if (found === undefined) return undefined;
    const { root, config } = await found.open();
    this.#machine ??= machineLayer(this.blobs, this.#options.node);
    const own = await this.blobs.addLayer(treeEntries(root));
    // The machine's part lies on top: the root has only a place for Node.
    return this.#describe([own, await this.#machine], config);
  }

  #describe(layers: readonly Blob[], config: ImageConfig): OciImage {
    const json = (value: object): Blob => this.blobs.add(Buffer.from(JSON.stringify(value)));
    const written = json({
      architecture: machinePlatform.architecture,
      os: machinePlatform.os,
      config: {
        Entrypoint: config.entrypoint,
        Cmd: config.cmd,
        Env: [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          ...config.env.map(({ name, value }) => `${name}=${value}`),
        ],
        WorkingDir: config.workingDir,
        User: config.user,
        StopSignal: config.stopSignal,
      },
      rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    });
    const manifest = json({
      schemaVersion: 2,
      mediaType: ociManifestType,
      config: describe(ociConfigType, written),
      layers: layers.map((layer) => describe(ociLayerType, layer)),
    });
    return { manifest, config: written };
  }
}

function describe(mediaType: string, { digest, sizeBytes }: Blob): object {
  return { mediaType, digest, size: sizeBytes };
}
