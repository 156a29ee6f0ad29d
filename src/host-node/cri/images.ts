/**
 * Images of a CRI runtime. What its registries have it pulls itself; images of this machine's own store and the catalogue's stand-ins it pulls from the
 * small registry that serves them (ownRegistry.ts).
 */
import { ImageError, type Images, type ImageStatus } from "../../kubelet/ports/runtime.ts";
import { canonicalImageName } from "../images/imageName.ts";
import type { PullTerms } from "../images/image.ts";
import { type Credential, credentialsFor } from "../images/registry/credentials.ts";
import { referenceOf } from "../images/registry/reference.ts";
import { type GrpcChannel, GrpcError, grpcCodes } from "./grpc.ts";
import { type AuthConfig, type Image, imageStatus, listImages, pullImage, removeImage } from "./messages/imageService.ts";

/** An image that this machine can give the runtime. */
export interface OwnImage {
  /** Where the runtime pulls it, e.g. `127.0.0.1:4711/catalogue/hello:1.0.0`. */
  readonly pullName: string;
  /** The digest of its configuration, which is its id in the runtime. */
  readonly id: string;
  readonly source: ImageStatus["source"];
}
/** By canonical name. */
export type FindOwnImage = (canonicalName: string) => Promise<OwnImage | undefined>;

/** Pulls have no deadline, as the kubelet's. */
const noTimeout = { timeoutMs: 0 };

export class CriImages implements Images {
  readonly #channel: GrpcChannel;
  readonly #own: FindOwnImage;
  readonly #used: (id: string) => void;

  /** `used` is told of each image that a pod asks for. */
  constructor(channel: GrpcChannel, own: FindOwnImage, used: (id: string) => void) {
    this.#channel = channel;
    this.#own = own;
    this.#used = used;
  }

  async status(name: string): Promise<ImageStatus | undefined> {
    if (name.startsWith("sha256:")) return statusOf(await this.#ask(name), "local");
    const own = await this.#own(canonicalImageName(name));
    if (own !== undefined) return statusOf(await this.#ask(own.id), own.source);
    return statusOf(await this.#ask(canonicalImageName(name)), "local");
  }

  async pull(name: string, { signal, secrets }: PullTerms & { readonly podUid: string }): Promise<ImageStatus> {
    const canonical = canonicalImageName(name);
    const own = await this.#own(canonical);
    const known = own === undefined ? undefined : await this.#ask(own.id);
    if (own !== undefined && known !== undefined) return { ...baseStatus(known), source: own.source };
    const failures: unknown[] = [];
    for (const auth of own === undefined ? await authsFor(canonical, secrets) : [undefined]) {
      try {
        const request = { image: { image: own?.pullName ?? canonical, user_specified_image: name }, auth };
        const { image_ref: ref } = await this.#channel.call(pullImage, request, { ...noTimeout, signal });
        const pulled = await this.#ask(ref);
        if (pulled === undefined) throw new ImageError("ErrImagePull", `image "${name}" was pulled, and is gone again`);
        return { ...baseStatus(pulled), source: own?.source ?? "registry" };
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    throw pullError(failures);
  }

  async list(): Promise<readonly (ImageStatus & { readonly names: readonly string[] })[]> {
    const { images } = await this.#channel.call(listImages, {});
    return images.map((image) => ({
      ...baseStatus(image),
      source: "local",
      names: [...image.repo_tags, ...image.repo_digests].map(plainName),
    }));
  }

  async remove(name: string): Promise<void> {
    await this.#channel.call(removeImage, { image: { image: name } });
  }

  async #ask(name: string): Promise<Image | undefined> {
    const { image } = await this.#channel.call(imageStatus, { image: { image: name } });
    if (image !== undefined) this.#used(image.id);
    return image;
  }
}

/** One credential after the other failed: as upstream aggregates errors. */
function pullError(failures: readonly unknown[]): ImageError {
  const texts = [...new Set(failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))))];
  const unavailable = failures.some((failure) => failure instanceof GrpcError && failure.code === grpcCodes.unavailable);
  return new ImageError(
    unavailable ? "RegistryUnavailable" : "ErrImagePull",
    texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`,
  );
}

/** What came from our own registry has its address before its name: on loopback, and with another registry's host after it. */
function plainName(name: string): string {
  return name.replace(/^127\.0\.0\.1:\d+\/(?=[^/]+\.[^/]+\/)/, "");
}

/** What the pod's secrets know of that registry, one after the other, or nothing. Upstream: pkg/kubelet/kuberuntime/kuberuntime_image.go */
async function authsFor(canonical: string, secrets: readonly string[]): Promise<readonly (AuthConfig | undefined)[]> {
  const found = await credentialsFor(referenceOf(canonical), secrets, async () => []);
  return found.length === 0 ? [undefined] : found.map(authOf);
}

function authOf({ username, password, identityToken = "" }: Credential): AuthConfig {
  return { username, password, identity_token: identityToken };
}

function statusOf(image: Image | undefined, source: ImageStatus["source"]): ImageStatus | undefined {
  return image === undefined ? undefined : { ...baseStatus(image), source };
}

function baseStatus({ id, size, uid, username }: Image): Omit<ImageStatus, "source"> {
  return { ref: id, sizeBytes: size, user: uid === undefined ? username : String(uid.value) };
}
