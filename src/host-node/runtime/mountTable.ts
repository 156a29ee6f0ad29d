/**
 * Lists of mounts in fstab's form: `mount -n -a -T` takes them all in one process, which is what makes starting a container quick. Always with
 * `-n`: root's mounts of control groups would be written into the machine's /run/mount/utab, where nobody takes them out again, and each
 * start would read all of them.
 */
import { readFileSync } from "node:fs";

export interface FstabEntry {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

export function formatFstab(entries: readonly FstabEntry[]): string {
  return entries.map((entry) => `${escape(entry.source)} ${escape(entry.target)} ${entry.type} ${entry.options.join(",")} 0 0\n`).join("");
}

function escape(path: string): string {
  return path.replaceAll(/[\\ \t\n#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

/**
 * Flags that a mount has and that a user namespace may not take away: a remount that leaves them out is refused, so each bind repeats its
 * source's.
 */
export function lockedFlags(path: string, mountinfo: string = readFileSync("/proc/self/mountinfo", "utf8")): readonly string[] {
  let best = "";
  let options: readonly string[] = [];
  for (const line of mountinfo.split("\n")) {
    const fields = line.split(" ");
    const point = (fields[4] ?? "").replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    if (point === "" || point.length < best.length || !isUnder(path, point)) continue;
    best = point;
    options = (fields[5] ?? "").split(",");
  }
  return options.filter((option) => ["nosuid", "nodev", "noexec", "noatime", "nodiratime"].includes(option));
}

function isUnder(path: string, point: string): boolean {
  return path === point || path.startsWith(point === "/" ? "/" : `${point}/`);
}

/** A bind of something of the machine: never with set-uid programs or device nodes that work. */
export function bind(source: string, target: string, readOnly: boolean): FstabEntry {
  const options = new Set(["bind", "nosuid", "nodev", ...lockedFlags(source)]);
  if (readOnly) options.add("ro");
  return { source, target, type: "none", options: [...options] };
}
