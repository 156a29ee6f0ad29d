// @ts-check
/** What a test run left on the machine: processes of ours, mounts, mount(8)'s notes of them, network interfaces, folders in /tmp. Compared with a snapshot from before. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { root } from "./install.mjs";

/** @typedef {{ processes: Map<string, string>, mounts: Set<string>, notes: Set<string>, interfaces: Set<string>, folders: Set<string> }} Snapshot */

/** How the tests, and the programs that they start, name what they make there. */
const ourFolders = /^(cox|parity|store-crash|code-cache|output-streams|org\.chromium)[.-]/;
const notesOfMounts = "/run/mount/utab";

/** pid and start time -> command line, for processes that run something of this checkout. */
function processes() {
  const found = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const start = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
      if (Number(pid) !== process.pid && Number(pid) !== process.ppid && commandLine.includes(root.replace(/\/$/, "")))
        found.set(`${pid}@${start}`, commandLine);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** @returns {Snapshot} */
export function snapshot() {
  return {
    processes: processes(),
    mounts: new Set(
      readFileSync("/proc/self/mounts", "utf8")
        .split("\n")
        .map((line) => line.split(" ").slice(0, 2).join(" on ")),
    ),
    notes: new Set(existsSync(notesOfMounts) ? readFileSync(notesOfMounts, "utf8").split("\n") : []),
    interfaces: new Set(Object.keys(networkInterfaces())),
    folders: new Set(readdirSync(tmpdir()).filter((name) => ourFolders.test(name))),
  };
}

/** Each thing that is there now and wasn't before, in words. @param {Snapshot} before @returns {string[]} */
export function leftovers(before) {
  const now = snapshot();
  return [
    ...[...now.processes].filter(([id]) => !before.processes.has(id)).map(([id, line]) => `process ${id}: ${line.slice(0, 160)}`),
    ...[...now.mounts].filter((mount) => !before.mounts.has(mount)).map((mount) => `mount ${mount}`),
    ...[...now.notes].filter((line) => !before.notes.has(line)).map((line) => `line in ${notesOfMounts}: ${line.slice(0, 160)}`),
    ...[...now.interfaces].filter((name) => !before.interfaces.has(name)).map((name) => `network interface ${name}`),
    ...[...now.folders].filter((name) => !before.folders.has(name)).map((name) => `${tmpdir()}/${name}`),
  ];
}
