/**
 * Lays one layer after the other into a folder: the flattened root of an image. Whiteouts take away what lower layers brought; parents are walked as the
 * container would walk them, so that no link leads out; what exists is never written into, always replaced.
 * Devices below /dev are left out (the runtime brings its own), others are refused. Ownership counts only as root: an ordinary user's files show as
 * root's inside; so do extended attributes.
 */
import { chmodSync, closeSync, fchmodSync, fchownSync, futimesSync, lchownSync, linkSync, lstatSync } from "node:fs";
import { mkdirSync, openSync, readdirSync, rmSync, statfsSync, symlinkSync, writeSync } from "node:fs";
import { join, posix } from "node:path";
import { findInRoot } from "../../runtime/rootView.ts";
import { ArchiveError } from "./archiveError.ts";
import { AttributeList } from "./fileAttributes.ts";
import type { TarEntry, TarHandler } from "./tarReader.ts";

/** Of one image, all layers together. */
export interface UnpackLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxPathBytes: number;
  /** Stays free on the disk. */
  readonly reservedDiskBytes: number;
}
export const unpackLimits: UnpackLimits = {
  maxBytes: 32 * 1024 ** 3,
  maxEntries: 2_000_000,
  maxPathBytes: 4096,
  reservedDiskBytes: 128 * 1024 ** 2,
};

const mountPoints = ["dev", "etc", "proc", "sys"];
const whiteout = ".wh.";
const opaque = ".wh..wh..opq";
const diskLookEveryBytes = 64 * 1024 ** 2;

export class LayerWriter implements TarHandler {
  readonly #root: string;
  readonly #limits: UnpackLimits;
  readonly #chown: boolean;
  /** Of the layer that is being written. */
  readonly #attributes = new AttributeList();
  /** Paths that this layer brought: its own whiteouts don't touch them. */
  #own = new Set<string>();
  /** Canonical folder inside by folder as named; forgotten whenever a link or folder goes or comes. */
  #parents = new Map<string, string>();
  /** Set at the end, deepest first: a read-only folder must first be filled. */
  readonly #folders = new Map<string, TarEntry>();
  #file: { readonly descriptor: number; readonly entry: TarEntry } | undefined;
  #bytes = 0;
  #entries = 0;
  #lookedAtBytes = 0;

  constructor(root: string, limits: UnpackLimits = unpackLimits) {
    this.#root = root;
    this.#limits = limits;
    this.#chown = process.getuid?.() === 0;
  }

  beginLayer(): void {
    this.#attributes.apply(this.#root);
    this.#own = new Set();
  }

  /** After the last layer: what every container has mounted must be there; modes and owners of the folders. */
  finish(): void {
    this.#attributes.apply(this.#root);
    for (const name of mountPoints) {
      const host = join(this.#root, name);
      if (lstatSync(host, { throwIfNoEntry: false }) === undefined) mkdirSync(host, 0o755);
    }
    for (const [path, entry] of [...this.#folders].sort(([a], [b]) => b.length - a.length)) {
      const host = join(this.#root, path);
      if (lstatSync(host, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
      if (this.#chown) lchownSync(host, entry.uid, entry.gid);
      chmodSync(host, entry.mode);
    }
  }

  /** Closes what an archive that broke off left open. */
  abandon(): void {
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
  }

  entry(entry: TarEntry): void {
    const named = this.#checked(entry);
    if (named === ".") {
      this.#folders.set("/", entry);
      return;
    }
    const parent = this.#parent(posix.dirname(named));
    const base = posix.basename(named);
    if (base === opaque) return this.#clear(parent);
    if (base.startsWith(whiteout)) return this.#hide(posix.join(parent, base.slice(whiteout.length)));
    const path = posix.join(parent, base);
    this.#own.add(path);
    this.#make(path, entry);
    this.#attributes.note(path, entry.attributes);
  }

  data(chunk: Uint8Array): void {
    if (this.#file === undefined) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxBytes) throw new ArchiveError(`it unpacks to more than ${this.#limits.maxBytes} bytes`);
    if (this.#bytes - this.#lookedAtBytes > diskLookEveryBytes) this.#lookAtDisk();
    for (let at = 0; at < chunk.length;) at += writeSync(this.#file.descriptor, chunk, at);
  }

  end(): void {
    if (this.#file === undefined) return;
    const { descriptor, entry } = this.#file;
    this.#file = undefined;
    try {
      if (this.#chown) fchownSync(descriptor, entry.uid, entry.gid);
      fchmodSync(descriptor, entry.mode);
      futimesSync(descriptor, entry.mtimeSeconds, entry.mtimeSeconds);
    } finally {
      closeSync(descriptor);
    }
  }

  #checked({ path }: TarEntry): string {
    this.#entries += 1;
    if (this.#entries > this.#limits.maxEntries) throw new ArchiveError(`it holds more than ${this.#limits.maxEntries} files`);
    if (path.includes("\0") || Buffer.byteLength(path) > this.#limits.maxPathBytes)
      throw new ArchiveError(`it holds a path longer than ${this.#limits.maxPathBytes} bytes`);
    return inside(path);
  }

  #make(path: string, entry: TarEntry): void {
    const host = join(this.#root, path);
    const before = lstatSync(host, { throwIfNoEntry: false });
    if (entry.type === "folder") {
      this.#folders.set(path, entry);
      if (before?.isDirectory() === true) return;
      this.#remove(path);
      mkdirSync(host, 0o700);
      return;
    }
    // Found before anything goes: a file may be named as its own link.
    const twin = entry.type === "hardlink" ? this.#linked(path, entry) : host;
    if (entry.type === "hardlink" && twin === host) return;
    if (before !== undefined) this.#remove(path);
    if (entry.type === "file") this.#file = { descriptor: openSync(host, "wx", 0o600), entry };
    else if (entry.type === "hardlink") linkSync(twin, host);
    else if (entry.type === "symlink") this.#symlink(host, entry);
    // A named pipe needs a program of its own to be made: nothing in an image needs one.
    else if (entry.type === "device" && !path.startsWith("/dev/")) throw new ArchiveError(`it holds the device ${path}`);
  }

  #symlink(host: string, { linkPath, uid, gid }: TarEntry): void {
    symlinkSync(linkPath, host);
    if (this.#chown) lchownSync(host, uid, gid);
    this.#parents.clear();
  }

  #linked(path: string, { linkPath }: TarEntry): string {
    const named = inside(linkPath);
    const target = posix.join(this.#parent(posix.dirname(named)), posix.basename(named));
    const host = join(this.#root, target);
    const stats = lstatSync(host, { throwIfNoEntry: false });
    if (stats === undefined || stats.isDirectory()) throw new ArchiveError(`${path} is a link to ${linkPath}, which is not in it`);
    return host;
  }

  /** The folder's canonical path inside; made where it is missing. */
  #parent(named: string): string {
    const known = this.#parents.get(named);
    if (known !== undefined) return known;
    let found;
    try {
      found = findInRoot({ layers: [this.#root], mounts: [] }, `/${named}`);
    } catch (error) {
      throw new ArchiveError(`it holds a loop of links at ${named}`, { cause: error });
    }
    if (found.stats === undefined) mkdirSync(join(this.#root, found.path), { recursive: true, mode: 0o755 });
    else if (!found.stats.isDirectory()) throw new ArchiveError(`${named} is a file, and other files lie in it`);
    this.#parents.set(named, found.path);
    return found.path;
  }

  #hide(path: string): void {
    if (path.endsWith("/") || path.endsWith("/..") || path.endsWith("/.")) throw new ArchiveError(`it takes away ${path}`);
    if (!this.#own.has(path)) this.#remove(path);
  }

  #clear(folder: string): void {
    for (const found of readdirSync(join(this.#root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, found.name);
      if (!this.#own.has(path)) this.#remove(path);
      else if (found.isDirectory()) this.#clear(path);
    }
  }

  #remove(path: string): void {
    rmSync(join(this.#root, path), { recursive: true, force: true });
    this.#attributes.forget(path);
    this.#parents.clear();
  }

  #lookAtDisk(): void {
    this.#lookedAtBytes = this.#bytes;
    const { bavail, bsize } = statfsSync(this.#root);
    if (bavail * bsize < this.#limits.reservedDiskBytes) throw new ArchiveError("no space left on device");
  }
}

/** Relative to the root; throws for what leaves it. */
function inside(path: string): string {
  const named = posix.normalize(path.replace(/^\/+/, "")).replace(/\/+$/, "");
  if (named === ".." || named.startsWith("../")) throw new ArchiveError(`it holds ${JSON.stringify(path)}, which leaves the image's root`);
  return named === "" ? "." : named;
}
