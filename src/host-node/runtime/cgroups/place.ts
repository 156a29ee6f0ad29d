/**
 * Finds a place in each tree of control groups where groups of our own can be made, by trying: as root nearly always, as an ordinary user where a sub-tree was
 * delegated. A v2 group that has processes can't hand controllers down: those of ours move one level down first.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Hierarchy } from "./hierarchies.ts";
import { removeGroups } from "./removeGroups.ts";

/** A folder that is ours, with the controllers that hold below it. */
export interface Place {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly folder: string;
  /** What its tree's mount is called, e.g. `cpu,cpuacct`. */
  readonly tree: string;
}

const wanted = ["cpu", "memory", "pids"];

/** `name`: of the folder that is made. Throws with the machine's reason. */
export function claim(hierarchy: Hierarchy, name: string): Place {
  if (hierarchy.version === 1) {
    const folder = join(hierarchy.own, name);
    clear(folder);
    mkdirSync(folder, { recursive: true });
    return { version: 1, controllers: hierarchy.controllers, folder, tree: basename(hierarchy.mountPoint) };
  }
  let refusal: unknown = new Error(`${hierarchy.own} has no controllers`);
  for (const parent of outermostFirst(hierarchy)) {
    try {
      return claimBelow(parent, name, hierarchy.own);
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

function outermostFirst({ mountPoint, own }: Hierarchy): readonly string[] {
  const all = [own];
  for (let at = own; at !== mountPoint && at.startsWith(mountPoint); at = dirname(at)) all.unshift(dirname(at));
  return all;
}

function claimBelow(parent: string, name: string, own: string): Place {
  const controllers = words(join(parent, "cgroup.controllers")).filter((each) => wanted.includes(each));
  if (controllers.length === 0) throw new Error(`${parent} has no controllers`);
  const folder = join(parent, name);
  clear(folder);
  mkdirSync(folder, { recursive: true });
  try {
    if (!controllers.every((each) => words(join(parent, "cgroup.subtree_control")).includes(each))) {
      if (parent === own) stepAside(parent);
      handDown(parent, controllers);
    }
    handDown(folder, controllers);
    tryToEnter(folder);
    return { version: 2, controllers, folder, tree: "" };
  } catch (error) {
    removeGroups(folder);
    throw error;
  }
}

/** Lets the groups right below `folder` use `controllers`. */
export function handDown(folder: string, controllers: readonly string[]): void {
  writeFileSync(join(folder, "cgroup.subtree_control"), controllers.map((each) => `+${each}`).join(" "));
}

const aside = "coxswain.processes";

/** Moves a group's processes one level down when all of them belong to our user. */
function stepAside(group: string): void {
  const pids = words(join(group, "cgroup.procs"));
  const uid = process.getuid?.() ?? -1;
  // The real root of the tree may have both processes and controllers.
  if (!existsSync(join(group, "cgroup.type")) || pids.length === 0) return;
  if (pids.includes("0") || pids.some((pid) => statSync(`/proc/${pid}`).uid !== uid)) throw new Error(`${group} has processes of others`);
  mkdirSync(join(group, aside), { recursive: true });
  for (const pid of pids) writeFileSync(join(group, aside, "cgroup.procs"), pid);
}

/** Making a group says nothing about being let in: that depends on the way from here to there. */
function tryToEnter(folder: string): void {
  const group = join(folder, "trial");
  mkdirSync(group);
  const { status, stderr } = spawnSync("/bin/sh", ["-c", 'echo 0 >"$1"', "sh", join(group, "cgroup.procs")], { encoding: "utf8" });
  removeGroups(group);
  if (status !== 0) throw new Error(`${folder} can't be entered: ${stderr.trim()}`);
}

/** What an agent that was killed left there. */
function clear(folder: string): void {
  if (existsSync(folder)) removeGroups(folder);
}

function words(file: string): readonly string[] {
  return readFileSync(file, "utf8").split(/\s+/).filter(Boolean);
}
