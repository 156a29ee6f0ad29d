/** Manifests and indexes of OCI and of Docker's schema 2: which there are, what is taken from them, which platform is ours. */
import { RegistryError } from "./registryError.ts";

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}
export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}
export interface Index {
  readonly manifests: readonly (Descriptor & { readonly platform?: Platform | undefined })[];
}

export const ociManifestType = "application/vnd.oci.image.manifest.v1+json";
export const ociIndexType = "application/vnd.oci.image.index.v1+json";
export const ociConfigType = "application/vnd.oci.image.config.v1+json";
export const ociLayerType = "application/vnd.oci.image.layer.v1.tar";
export const acceptedManifests: string = [
  ociIndexType,
  "application/vnd.docker.distribution.manifest.list.v2+json",
  ociManifestType,
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

const maxLayers = 256;
const digestForm = /^sha256:[0-9a-f]{64}$/;

export type ManifestContent =
  | { readonly kind: "index"; readonly index: Index }
  | { readonly kind: "manifest"; readonly manifest: Manifest }
  /** Docker's schema 1, which nobody serves or takes any more. */
  | { readonly kind: "schema1" };

/** Throws RegistryError for what is neither. The shape decides, not the media type: registries differ there. */
export function readManifest(bytes: Uint8Array): ManifestContent {
  const value = jsonObject(bytes, "manifest");
  if (value["schemaVersion"] === 1) return { kind: "schema1" };
  if (Array.isArray(value["manifests"])) {
    const manifests = value["manifests"].map((each) => ({ ...descriptor(each), platform: (each as { platform?: Platform }).platform }));
    return { kind: "index", index: { manifests } };
  }
  const { layers } = value;
  if (!Array.isArray(layers) || value["config"] === undefined) throw broken("the manifest has neither layers nor manifests");
  if (layers.length > maxLayers) throw broken(`the manifest has more than ${maxLayers} layers`);
  return { kind: "manifest", manifest: { config: descriptor(value["config"]), layers: layers.map(descriptor) } };
}

export const machinePlatform: Platform = {
  os: "linux",
  architecture: { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch,
  variant: { arm64: "v8", arm: "v7" }[process.arch as string],
};

/** The first that fits, an exact variant before another. Throws RegistryError with what there is. */
export function choosePlatform(index: Index, wanted: Platform = machinePlatform): Descriptor {
  const fits = index.manifests.filter(
    ({ platform }) => platform === undefined || (platform.os === wanted.os && platform.architecture === wanted.architecture),
  );
  const exact = fits.find(({ platform }) => (platform?.variant ?? wanted.variant) === wanted.variant);
  const chosen = exact ?? fits[0];
  if (chosen !== undefined) return chosen;
  const others = index.manifests.map(({ platform }) => platformText(platform)).filter((text) => !text.includes("unknown"));
  throw new RegistryError("notFound", `no match for platform ${platformText(wanted)} in manifest: not found (it has ${others.join(", ")})`);
}

function platformText(platform: Platform | undefined): string {
  const { os = "unknown", architecture = "unknown", variant = "" } = platform ?? {};
  return `${os}/${architecture}${variant === "" ? "" : `/${variant}`}`;
}

export function jsonObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new RegistryError("broken", `the ${what} is no JSON`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw broken(`the ${what} is no object`);
  return value as Record<string, unknown>;
}

function descriptor(value: unknown): Descriptor {
  const { mediaType = "", digest, size } = (value ?? {}) as Record<string, unknown>;
  if (typeof digest !== "string" || !digestForm.test(digest)) throw broken("the manifest names a digest that is no sha256");
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw broken("the manifest names a size that is no number");
  return { mediaType: typeof mediaType === "string" ? mediaType : "", digest, size };
}

function broken(message: string): RegistryError {
  return new RegistryError("broken", message);
}
