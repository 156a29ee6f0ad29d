/**
 * Brings an image from a registry into the store: resolves its name over mirrors and credentials, downloads what is missing side by side (a blob that two
 * images need, once), and unpacks it. Same pulls at the same time are one.
 */
import { createHash } from "node:crypto";
import { ImageError } from "../../../kubelet/ports/runtime.ts";
import type { ImageStore, StoredImage } from "../store/imageStore.ts";
import { makeRoot } from "../store/makeRoot.ts";
import type { Unpack } from "../unpack/unpack.ts";
import { type Credential, credentialsFor, type MachineCredentials } from "./credentials.ts";
import { download } from "./download.ts";
import { choosePlatform, type Descriptor, type Manifest, readManifest } from "./manifests.ts";
import type { ProxyChoice } from "./proxy.ts";
import { type Reference, referenceOf } from "./reference.ts";
import { RegistryError } from "./registryError.ts";
import { RegistrySession } from "./session.ts";
import { type Endpoint, endpointsOf, type RegistrySettings } from "./settings.ts";

export interface PullerOptions {
  readonly store: ImageStore;
  /** Read anew for each pull. */
  readonly settings: () => RegistrySettings;
  readonly machine: MachineCredentials;
  readonly unpack: Unpack;
  /** A sentence about what there is instead of an image that is too old. */
  readonly standIn: (canonicalName: string) => string;
  /** Default: none is asked. */
  readonly proxyOf?: ProxyChoice | undefined;
  /** Default 30 s. */
  readonly stallMs?: number | undefined;
}

export interface PullRequest {
  /** Texts of docker configurations. */
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
}
export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

interface Resolved {
  readonly session: RegistrySession;
  readonly bytes: Buffer;
  readonly digest: string;
}

const defaultStallMs = 30_000;
const parallelBlobs = 3;
const maxConfigBytes = 8 * 1024 * 1024;

export class Puller {
  readonly #options: PullerOptions;
  readonly #pulls = new Map<string, Promise<StoredImage>>();
  readonly #blobs = new Map<string, Promise<void>>();

  constructor(options: PullerOptions) {
    this.#options = options;
  }

  /** Rejects with ImageError. */
  pull(canonicalName: string, request: PullRequest): Promise<StoredImage> {
    const key = JSON.stringify([canonicalName, request.secrets]);
    let pull = this.#pulls.get(key);
    if (pull === undefined) {
      pull = this.#pull(canonicalName, request).catch((error: unknown) => {
        throw pullError(canonicalName, error);
      });
      this.#pulls.set(key, pull);
      const forget = (): void => void this.#pulls.delete(key);
      pull.then(forget, forget);
    }
    return pull;
  }

  async #pull(name: string, request: PullRequest): Promise<StoredImage> {
    const { store } = this.#options;
    const resolved = await this.#resolve(name, request).catch((error: unknown) => {
      throw prefixed(`failed to resolve reference "${name}": `, error);
    });
    const before = store.find(name);
    if (before?.digest === resolved.digest) return before;
    const { manifest, bytes } = await this.#manifest(name, resolved);
    if (manifest.config.size > maxConfigBytes) throw new RegistryError("refused", `its config is longer than ${maxConfigBytes} bytes`);
    await this.#download(resolved.session, manifest, request);
    const manifestDigest = store.addBlob(bytes);
    await makeRoot(store, manifest, this.#options.unpack);
    const sizeBytes = manifest.layers.reduce((sum, { size }) => sum + size, bytes.length + manifest.config.size);
    const facts = { digest: resolved.digest, manifest: manifestDigest, config: manifest.config.digest };
    const image: StoredImage = { name, ...facts, sizeBytes, origin: "registry", storedAtMs: Date.now() };
    store.record(image);
    return image;
  }

  /** Each server, until one has it: mirrors may fail in any way, the registry itself only by not being there. */
  async #resolve(name: string, request: PullRequest): Promise<Resolved> {
    const reference = referenceOf(name);
    let failure: unknown;
    for (const endpoint of endpointsOf(reference.host, this.#options.settings())) {
      try {
        return await this.#resolveAt(reference, endpoint, request);
      } catch (error) {
        request.signal.throwIfAborted();
        failure = error;
        const isMirror = endpoint.host !== reference.host;
        if (!(error instanceof RegistryError) || (error.kind !== "unreachable" && !isMirror)) break;
      }
    }
    throw failure;
  }

  /** With each credential, until one is taken. */
  async #resolveAt(reference: Reference, endpoint: Endpoint, { secrets, signal }: PullRequest): Promise<Resolved> {
    const credentials = await credentialsFor({ ...reference, host: endpoint.host }, secrets, this.#options.machine);
    let failure: unknown;
    for (const credential of credentials.length === 0 ? [undefined] : credentials) {
      try {
        return await this.#ask(reference, endpoint, { credential, signal });
      } catch (error) {
        failure = error;
        if (!(error instanceof RegistryError) || error.kind !== "unauthorized") break;
      }
    }
    throw failure;
  }

  async #ask(
    reference: Reference,
    endpoint: Endpoint,
    { credential, signal }: { readonly credential: Credential | undefined; readonly signal: AbortSignal },
  ): Promise<Resolved> {
    const { stallMs = defaultStallMs, proxyOf } = this.#options;
    const session = new RegistrySession({ endpoint, repository: reference.repository, credential, signal, stallMs, proxyOf });
    const bytes = await session.manifest(reference.digest ?? reference.tag ?? "latest");
    return { session, bytes, digest: checkedDigest(bytes, reference.digest) };
  }

  async #manifest(name: string, { session, bytes }: Resolved): Promise<{ readonly manifest: Manifest; readonly bytes: Buffer }> {
    let own = bytes;
    let content = readManifest(own);
    if (content.kind === "index") {
      const chosen = choosePlatform(content.index);
      own = await session.manifest(chosen.digest);
      checkedDigest(own, chosen.digest);
      content = readManifest(own);
    }
    if (content.kind === "manifest") return { manifest: content.manifest, bytes: own };
    const what =
      content.kind === "index" ? "an index within an index" : "in Docker's image format of schema 1, which is no longer supported";
    throw new RegistryError("refused", `it is ${what}: build and push it anew${this.#options.standIn(name)}`);
  }

  async #download(session: RegistrySession, { config, layers }: Manifest, { signal, onProgress }: PullRequest): Promise<void> {
    const blobs = [...new Map([config, ...layers].map((blob) => [blob.digest, blob])).values()];
    const totalBytes = blobs.reduce((sum, { size }) => sum + size, 0);
    const done = new Map<string, number>();
    const tell = (digest: string, doneBytes: number): void => {
      done.set(digest, doneBytes);
      onProgress?.({ doneBytes: [...done.values()].reduce((sum, each) => sum + each, 0), totalBytes });
    };
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const waiting = [...blobs];
    const worker = async (): Promise<void> => {
      for (let blob = waiting.shift(); blob !== undefined && !stop.signal.aborted; blob = waiting.shift()) {
        await this.#blob(session, blob, { signal: both, onProgress: tell });
        tell(blob.digest, blob.size);
      }
    };
    const failures: unknown[] = [];
    const failed = (error: unknown): void => {
      failures.push(error);
      stop.abort();
    };
    await Promise.all(Array.from({ length: parallelBlobs }, () => worker().catch(failed)));
    if (failures.length > 0) throw failures[0];
  }

  /** A download that another pull has begun is waited for; should it fail, it is tried once more for this one. */
  async #blob(session: RegistrySession, blob: Descriptor, options: BlobOptions): Promise<void> {
    const { store } = this.#options;
    const underway = this.#blobs.get(blob.digest);
    await underway?.catch(() => undefined);
    if (store.hasBlob(blob.digest)) return;
    const again = this.#blobs.get(blob.digest);
    if (again !== undefined && again !== underway) return await again;
    const own = this.#fetchBlob(session, blob, options);
    this.#blobs.set(blob.digest, own);
    try {
      await own;
    } finally {
      this.#blobs.delete(blob.digest);
    }
  }

  async #fetchBlob(session: RegistrySession, blob: Descriptor, { signal, onProgress }: BlobOptions): Promise<void> {
    const { store } = this.#options;
    const part = store.partPath(blob.digest);
    const fetch = (offset: number): ReturnType<RegistrySession["blob"]> => session.blob(blob.digest, offset);
    const origin = session.options.endpoint.base;
    await download({ blob, part, origin, signal, fetch, onProgress: (doneBytes) => onProgress(blob.digest, doneBytes) });
    store.keepPart(part, blob.digest);
  }
}

interface BlobOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (digest: string, doneBytes: number) => void;
}

function checkedDigest(bytes: Buffer, wanted: string | undefined): string {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (wanted === undefined || wanted === digest) return digest;
  throw new RegistryError("broken", `the manifest's digest is ${digest}, expected ${wanted}: failed precondition`);
}

function prefixed(prefix: string, error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  return new RegistryError(error.kind, `${prefix}${error.message}`, { cause: error });
}

function pullError(name: string, error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) };
  const what = code === "ENOSPC" ? "no space left on device" : message;
  return new ImageError("ErrImagePull", `failed to pull and unpack image "${name}": ${what}`);
}
