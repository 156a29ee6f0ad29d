/**
 * Extended attributes of an image's files. Node can't set them; perl, which the base system has, makes any system call. Set as root only, and only those that
 * mean something in a container: capabilities of programs, and users' own. Never those that steer the overlay above the image or the machine's security modules.
 * Where there is no perl, or the file system has no attributes, files stay without.
 */
import { spawnSync } from "node:child_process";
import { lstatSync } from "node:fs";
import { join, posix } from "node:path";
import { findInRoot } from "../../runtime/rootView.ts";
import { machines } from "../../runtime/seccomp/syscallNumbers.ts";

/** By name, e.g. `security.capability`. */
export type FileAttributes = ReadonlyMap<string, Buffer>;

const capability = "security.capability";

function isWanted(name: string): boolean {
  return name === capability || (name.startsWith("user.") && !name.startsWith("user.overlay."));
}

/** lsetxattr(path, name, value, length, 0), one line each. A number in quotes would be passed as an address: hence `0+`. */
const setThem =
  'my $c=0+shift;while(<STDIN>){my($p,$n,$v)=map{pack("H*",$_)}split(/[ \\n]/,$_,-1);syscall($c,$p."\\0",$n."\\0",$v,0+length($v),0)}';

export class AttributeList {
  readonly #wanted: boolean = process.getuid?.() === 0;
  readonly #byPath = new Map<string, FileAttributes>();

  /** What stood there under that path has gone. */
  note(path: string, attributes: FileAttributes): void {
    const kept = [...attributes].filter(([name]) => isWanted(name));
    if (this.#wanted && kept.length > 0) this.#byPath.set(path, new Map(kept));
    else this.#byPath.delete(path);
  }

  forget(path: string): void {
    for (const each of this.#byPath.keys()) if (each === path || each.startsWith(`${path}/`)) this.#byPath.delete(each);
  }

  /** Sets and forgets all; owners must be right by then, as a change of owner takes capabilities away. */
  apply(root: string): void {
    const lines = [...this.#byPath].flatMap(([path, attributes]) => (isThere(root, path) ? linesOf(join(root, path), attributes) : []));
    this.#byPath.clear();
    const call = machines.get(process.arch)?.calls.get("lsetxattr");
    if (lines.length > 0 && call !== undefined) spawnSync("perl", ["-e", setThem, String(call)], { input: lines.join("") });
  }
}

/** By the very way that it was noted: what became a link since could lead out of the root. */
function isThere(root: string, path: string): boolean {
  const parent = posix.dirname(path);
  const stats = lstatSync(join(root, path), { throwIfNoEntry: false });
  return (
    stats !== undefined && (stats.isFile() || stats.isDirectory()) && findInRoot({ layers: [root], mounts: [] }, parent).path === parent
  );
}

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}

function linesOf(host: string, attributes: FileAttributes): readonly string[] {
  return [...attributes].map(([name, value]) => `${hex(host)} ${hex(name)} ${value.toString("hex")}\n`);
}
