/**
 * A container's file system seen from outside before it exists: layers and mounts on the host, walked as the container's own kernel view
 * would be, with every link resolved inside. Used to find programs and to make mount points; never follows a link out of the root.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { join, posix } from "node:path";

export interface RootView {
  /** Host directories, the topmost first. */
  readonly layers: readonly string[];
  /** What is mounted where: `target` inside, `source` on the host. */
  readonly mounts: readonly { readonly target: string; readonly source: string }[];
}

export interface Found {
  /** Canonical path inside. */
  readonly path: string;
  /** Where that is on the host; undefined when nothing is there. */
  readonly host: string | undefined;
  readonly stats: Stats | undefined;
  /** Whether the path lies in a mount rather than in the layers. */
  readonly mounted: boolean;
}

const maxLinks = 40;

/** Resolves `path` (absolute, inside). Missing tails keep their names. Throws on link loops. */
export function findInRoot(view: RootView, path: string): Found {
  let links = 0;
  let rest = posix.normalize(path).split("/").filter(Boolean);
  let at: Found = locate(view, "/");
  while (rest.length > 0) {
    const [name = "", ...tail] = rest;
    if (name === "..") {
      at = locate(view, posix.dirname(at.path));
      rest = tail;
      continue;
    }
    const next = locate(view, posix.join(at.path, name));
    if (next.stats?.isSymbolicLink() !== true || next.host === undefined) {
      at = next;
      rest = tail;
      continue;
    }
    links += 1;
    if (links > maxLinks) throw new Error(`${path}: too many levels of symbolic links`);
    const link = readlinkSync(next.host);
    if (link.startsWith("/")) at = locate(view, "/");
    rest = [...link.split("/").filter((part) => part !== "" && part !== "."), ...tail];
  }
  return at;
}

function locate(view: RootView, path: string): Found {
  let best: { readonly target: string; readonly source: string } | undefined;
  for (const mount of view.mounts) {
    const covers = path === mount.target || path.startsWith(`${mount.target}/`);
    if (covers && (best === undefined || mount.target.length > best.target.length)) best = mount;
  }
  if (best !== undefined) return at(path, join(best.source, path.slice(best.target.length)), true);
  for (const layer of view.layers) {
    const found = at(path, join(layer, path), false);
    if (found.host !== undefined) return found;
  }
  return { path, host: undefined, stats: undefined, mounted: false };
}

function at(path: string, host: string, mounted: boolean): Found {
  const stats = lstatSync(host, { throwIfNoEntry: false });
  return { path, host: stats === undefined ? undefined : host, stats, mounted };
}
