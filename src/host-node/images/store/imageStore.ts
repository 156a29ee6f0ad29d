/**
 * The images of this user's machine, shared by all clusters: `names/` says what a name stands for, `blobs/` holds manifests, configs and layers as they
 * came, `roots/` the flattened roots, `parts/` what is under way, `uses/` which cluster runs what. Everything appears by a rename, so that
 * processes share it without locks. Upstream: the OCI image layout, for blobs/
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, readManifest } from "../registry/manifests.ts";
import { removeTree } from "./removeTree.ts";

export interface StoredImage {
  /** Canonical. */
  readonly name: string;
  /** What the name stands for in its registry: an index or a manifest. */
  readonly digest: string;
  readonly manifest: string;
  readonly config: string;
  /** As it is sent: layers packed. */
  readonly sizeBytes: number;
  /** Loaded ones are used as they are, whatever the pull policy. */
  readonly origin: "registry" | "loaded";
  readonly storedAtMs: number;
}

export class ImageStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    for (const part of ["names", "blobs/sha256", "roots", "parts", "uses"]) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  }

  blobPath(digest: string): string {
    return join(this.folder, "blobs/sha256", hexOf(digest));
  }

  hasBlob(digest: string): boolean {
    return existsSync(this.blobPath(digest));
  }

  /** Gives the digest. */
  addBlob(bytes: Uint8Array): string {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const part = this.partPath(digest);
    writeFileSync(part, bytes, { mode: 0o600 });
    this.keepPart(part, digest);
    return digest;
  }

  /** Where a blob grows. Takes over what a process that is gone left of it. */
  partPath(digest: string): string {
    const hex = hexOf(digest);
    const own = join(this.folder, "parts", `${hex}.${process.pid}`);
    const left = readdirSync(join(this.folder, "parts")).find((name) => name.startsWith(`${hex}.`) && !isOwnedByLiving(name));
    if (left !== undefined && !existsSync(own)) renameSync(join(this.folder, "parts", left), own);
    return own;
  }

  keepPart(part: string, digest: string): void {
    renameSync(part, this.blobPath(digest));
  }

  /** A fresh name for a folder under way. */
  draftPath(what: string): string {
    drafts += 1;
    return join(this.folder, "parts", `${what}-${drafts}.${process.pid}`);
  }

  rootPath(config: string): string {
    return join(this.folder, "roots", hexOf(config));
  }

  hasRoot(config: string): boolean {
    return existsSync(this.rootPath(config));
  }

  keepRoot(draft: string, config: string): void {
    renameSync(draft, this.rootPath(config));
  }

  record(image: StoredImage): void {
    const path = this.#namePath(image.name);
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(image), { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  }

  /** Undefined also where its files are gone. */
  find(name: string): StoredImage | undefined {
    const image = readImage(this.#namePath(name));
    return image !== undefined && this.hasRoot(image.config) ? image : undefined;
  }

  list(): readonly StoredImage[] {
    return readdirSync(join(this.folder, "names"))
      .filter((name) => !name.includes("."))
      .flatMap((name) => readImage(join(this.folder, "names", name)) ?? [])
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  manifestOf({ manifest }: StoredImage): Manifest {
    const content = readManifest(readFileSync(this.blobPath(manifest)));
    if (content.kind !== "manifest") throw new Error(`${manifest} is no manifest`);
    return content.manifest;
  }

  configOf({ config }: Pick<StoredImage, "config">): Buffer {
    return readFileSync(this.blobPath(config));
  }

  /** The image is used now: the least recently used goes first. */
  touch({ name }: StoredImage): void {
    const now = new Date();
    utimesSync(this.#namePath(name), now, now);
  }

  usedAtMs({ name }: StoredImage): number {
    return statSync(this.#namePath(name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /** `owner`: a cluster's control plane, as `isAlive` of `usersOf` understands it. */
  markUse(config: string, owner: string): void {
    writeFileSync(join(this.folder, "uses", `${hexOf(config)}.${owner}`), "", { mode: 0o600 });
  }

  async unmarkUse(config: string, owner: string): Promise<void> {
    await rm(join(this.folder, "uses", `${hexOf(config)}.${owner}`), { force: true });
  }

  isUsed(config: string, isAlive: (owner: string) => boolean): boolean {
    const prefix = `${hexOf(config)}.`;
    return readdirSync(join(this.folder, "uses")).some((name) => name.startsWith(prefix) && isAlive(name.slice(prefix.length)));
  }

  /** Forgets the name; its root and blobs go too unless another name needs them. */
  async remove(image: StoredImage): Promise<void> {
    await rm(this.#namePath(image.name), { force: true });
    const others = this.list();
    const kept = new Set(others.flatMap((other) => this.#blobsOf(other)));
    const gone = this.#blobsOf(image).filter((digest) => !kept.has(digest));
    if (!others.some((other) => other.config === image.config)) {
      // Renamed first: half a root must never be taken for one.
      const draft = this.draftPath("gone");
      if (this.hasRoot(image.config)) renameSync(this.rootPath(image.config), draft);
      await removeTree(draft);
    }
    for (const digest of gone) await rm(this.blobPath(digest), { force: true });
  }

  /** What processes that are gone left half done, but for blobs, which are taken up again. */
  async tidy(): Promise<void> {
    for (const name of readdirSync(join(this.folder, "parts")))
      if (!isOwnedByLiving(name) && !/^[0-9a-f]{64}\./.test(name)) await removeTree(join(this.folder, "parts", name));
  }

  #blobsOf(image: StoredImage): readonly string[] {
    try {
      return [image.manifest, image.config, ...this.manifestOf(image).layers.map(({ digest }) => digest)];
    } catch {
      return [image.manifest, image.config];
    }
  }

  #namePath(name: string): string {
    return join(this.folder, "names", createHash("sha256").update(name).digest("hex"));
  }
}

let drafts = 0;

function readImage(path: string): StoredImage | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as StoredImage;
  } catch {
    return undefined;
  }
}

function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new Error(`${digest} is no sha256 digest`);
  return hex;
}

/** By the process id that a part's name ends in. */
function isOwnedByLiving(name: string): boolean {
  try {
    process.kill(Number(name.slice(name.lastIndexOf(".") + 1)), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
