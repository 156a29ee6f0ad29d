/** An image's own config as the runtime needs it. Upstream: the OCI image configuration */
import type { ImageConfig } from "../image.ts";
import { jsonObject } from "../registry/manifests.ts";
import { RegistryError } from "../registry/registryError.ts";

export interface ImageFacts {
  readonly config: ImageConfig;
  /** Digests of the unpacked layers, the bottom first. */
  readonly diffIds: readonly string[];
  readonly architecture: string;
}

/** Throws RegistryError for what is no image's config. */
export function readImageConfig(bytes: Uint8Array): ImageFacts {
  const value = jsonObject(bytes, "image's config");
  const {
    config: given,
    rootfs,
    architecture,
  } = value as { config?: Record<string, unknown> | null; rootfs?: { diff_ids?: unknown }; architecture?: string };
  const diffIds = rootfs?.diff_ids;
  if (!Array.isArray(diffIds)) throw new RegistryError("refused", "it is no container image: its config names no root file system");
  const { Entrypoint, Cmd, Env, WorkingDir, User, StopSignal } = given ?? {};
  const env = textsOf(Env).map((pair) => {
    const equals = pair.indexOf("=");
    return equals < 0 ? { name: pair, value: "" } : { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
  });
  const config: ImageConfig = {
    entrypoint: textsOf(Entrypoint),
    cmd: textsOf(Cmd),
    env,
    workingDir: textOf(WorkingDir) || "/",
    user: textOf(User),
    stopSignal: textOf(StopSignal),
  };
  return { config, diffIds: textsOf(diffIds), architecture: architecture ?? "" };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}
