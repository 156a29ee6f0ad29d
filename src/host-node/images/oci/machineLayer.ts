/**
 * A layer with what the catalogue's stand-ins need of this machine: Node, a shell, the usual small programs, and the libraries of all these. With it a
 * stand-in is an image that any runtime takes; the embedded runtime shows the machine's /usr instead.
 */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { runTool } from "../../tool.ts";
import type { Blob, BlobFolder, LayerEntry } from "./blobFolder.ts";

/** What people run by `kubectl exec`; those that the machine doesn't have are left out. */
const programs =
  "sh dash bash cat ls echo env printenv sleep date id hostname head tail wc sort uniq cut tr grep sed mawk awk find xargs mkdir rm rmdir cp mv ln chmod chown touch tee test true false kill ps df du stat uname whoami basename dirname printf seq mktemp readlink realpath dd sha256sum md5sum tar gzip gunzip getent curl wget nc ip ss ping stty tty".split(
    " ",
  );
const programFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** `node`: the program, and where the stand-ins look for it. */
export async function machineLayer(blobs: BlobFolder, node: { readonly source: string; readonly inside: string }): Promise<Blob> {
  const found = programs.flatMap((name) => programFolders.map((folder) => join(folder, name)).find(existsSync) ?? []);
  const paths = new Set<string>();
  for (const path of found) addWithLinks(path, paths);
  for (const path of await librariesOf([realpathSync(node.source), ...found])) addWithLinks(path, paths);
  if (node.source.startsWith("/usr/")) addWithLinks(node.source, paths);
  const entries: LayerEntry[] = [...paths].sort().map((path) => ({ source: path, path: path.slice(1) }));
  if (!node.source.startsWith("/usr/")) entries.push({ source: realpathSync(node.source), path: node.inside.slice(1) });
  return await cached(blobs, entries);
}

/** Reading a hundred megabytes again at each start would be a waste. */
async function cached(blobs: BlobFolder, entries: readonly LayerEntry[]): Promise<Blob> {
  const facts = entries.map(({ source, path }) => {
    const { size, mtimeMs, mode } = lstatSync(source);
    return [source, path, size, mtimeMs, mode];
  });
  const key = createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 24);
  const note = join(blobs.folder, `machine-${key}.json`);
  if (existsSync(note)) {
    const blob = JSON.parse(readFileSync(note, "utf8")) as Blob;
    if (blobs.has(blob.digest)) return blob;
  }
  const blob = await blobs.addLayer(entries);
  writeFileSync(note, JSON.stringify(blob));
  return blob;
}

/** A file at its real folder, and what it links to. */
function addWithLinks(path: string, into: Set<string>): void {
  const at = join(realpathSync(dirname(path)), basename(path));
  if (into.has(at)) return;
  into.add(at);
  if (lstatSync(at).isSymbolicLink()) addWithLinks(resolve(dirname(at), readlinkSync(at)), into);
}

async function librariesOf(files: readonly string[]): Promise<readonly string[]> {
  // It fails for scripts and static programs, after it has told of the others.
  const told = await runTool("sh", ["-c", 'for each in "$@"; do ldd "$each" 2>/dev/null; done; true', "sh", ...files]);
  const found = [...told.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map((match) => match[1] ?? "");
  return [...new Set(found)].filter(existsSync);
}
