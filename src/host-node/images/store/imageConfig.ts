/** An image's own config as the runtime needs it, and its user by number. Upstream: the OCI image configuration */
import { constants } from "node:os";
import { readFileSync } from "node:fs";
import { findInRoot } from "../../runtime/rootView.ts";
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
    stopSignal: signalOf(textOf(StopSignal)),
  };
  return { config, diffIds: textsOf(diffIds), architecture: architecture ?? "" };
}

/** `uid:gid` for a user by name or number, looked up in the root's own passwd and group; empty stays empty (root). */
export function numericUser(root: string, user: string): string {
  if (user === "") return "";
  const [name = "", group] = user.split(":");
  const account = linesOf(root, "/etc/passwd").find(([login, , uid]) => login === name || uid === name);
  const uid = account?.[2] ?? name;
  const groupLine =
    group === undefined ? undefined : linesOf(root, "/etc/group").find(([title, , gid]) => title === group || gid === group);
  const gid = groupLine?.[2] ?? group ?? account?.[3] ?? "0";
  if (!/^\d+$/.test(uid)) throw new RegistryError("refused", `unable to find user ${name}: no matching entries in passwd file`);
  if (!/^\d+$/.test(gid)) throw new RegistryError("refused", `unable to find group ${gid}: no matching entries in group file`);
  return `${uid}:${gid}`;
}

function linesOf(root: string, path: string): readonly (readonly string[])[] {
  const { host, stats } = findInRoot({ layers: [root], mounts: [] }, path);
  if (host === undefined || stats?.isFile() !== true) return [];
  return readFileSync(host, "utf8")
    .split("\n")
    .map((line) => line.split(":"));
}

/** By name, with or without SIG, or by number. What this system doesn't know is SIGTERM. */
function signalOf(text: string): NodeJS.Signals {
  const wanted = text.toUpperCase().replace(/^SIG/, "");
  const found = Object.entries(constants.signals).find(([name, number]) => name === `SIG${wanted}` || String(number) === wanted);
  return (found?.[0] as NodeJS.Signals | undefined) ?? "SIGTERM";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}
