/**
 * Control groups of the node agent: a group per pod and per container, named as the kubelet names them, with limits and accounting as far as this machine lets
 * us. Where it doesn't, `limits` says why in one sentence and everything else still answers.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import { groupMountPoints, type Hierarchy, hierarchiesOf } from "./hierarchies.ts";
import { claim, handDown, type Place } from "./place.ts";
import { removeGroups } from "./removeGroups.ts";
import { type GroupLimits, type Setting, settingsOf } from "./settings.ts";
import { type GroupUsage, oomKillsIn, usageIn } from "./usage.ts";

export interface ControlGroups {
  /** Whether limits of cpu and memory hold. */
  readonly limits: { readonly enforced: boolean; readonly why: string };
  /** The folders that are ours, to be removed when the agent is gone. */
  readonly folders: readonly string[];
  /** Makes the group and those above it, or sets other limits. */
  make(path: string, limits: GroupLimits): void;
  /** A process joins the group by writing 0 into all of these. */
  entrances(path: string): readonly string[];
  /** Where a process inside looks for the group, and the folder that it is. */
  views(path: string): readonly { readonly source: string; readonly target: string }[];
  /** What is known of it; undefined parts can't be known here. */
  usage(path: string): GroupUsage;
  /** How often a process of the group was ended because its memory limit was reached. */
  oomKills(path: string): number;
  /** Idempotent; goes on trying for a while when something still ends in there. */
  remove(path: string): void;
}

const needed = ["cpu", "memory"];

/** `name`: of this cluster's folder; what stands there from before is removed. */
export function openControlGroups(name: string, clock: Clock): ControlGroups {
  const { places, why } = claimed(hierarchies(), name);
  const folders = places.map(({ folder }) => folder);
  return new GroupTree({ places, folders, why, clock });
}

/**
 * For groups that another program makes further ones in: their paths are the same in all trees, from the outermost on, and what it makes in trees that
 * aren't used here goes with them. What still runs in there from before stays.
 */
export function openSharedGroups(name: string, clock: Clock): ControlGroups {
  const outermost = hierarchies().map((hierarchy) => ({ ...hierarchy, own: hierarchy.mountPoint }));
  const { places, why } = claimed(outermost, name);
  const folders = places.length === 0 ? [] : groupMountPoints(mountinfo()).map((mountPoint) => join(mountPoint, name));
  return new GroupTree({ places, folders, why, clock });
}

function claimed(all: readonly Hierarchy[], name: string): { readonly places: readonly Place[]; readonly why: string } {
  const places: Place[] = [];
  const refusals: string[] = [];
  for (const hierarchy of all) {
    // A hybrid machine's second tree has nothing to offer that the first ones don't have.
    if (hierarchy.version === 2 && places.some(({ controllers }) => controllers.includes("memory"))) continue;
    try {
      places.push(claim(hierarchy, name));
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { places, why: refusals[0] ?? "no control groups are mounted" };
}

/**
 * A v2 group that has processes can't hand controllers down. The agent's process ids are its own, so it can't name processes outside: whoever starts it lets
 * those of ours step aside first. Where that can't be, the agent finds out and says why.
 */
export function makeRoomForGroups(): void {
  const found = hierarchies();
  if (found.some(({ controllers }) => controllers.includes("memory"))) return;
  for (const hierarchy of found.filter(({ version }) => version === 2)) {
    try {
      removeGroups(claim(hierarchy, `coxswain.trial.${process.pid}`).folder);
    } catch {
      continue;
    }
  }
}

function hierarchies(): readonly Hierarchy[] {
  return hierarchiesOf(mountinfo(), readFileSync("/proc/self/cgroup", "utf8"));
}

function mountinfo(): string {
  return readFileSync("/proc/self/mountinfo", "utf8");
}

const retryMs = 20;
const maxTries = 250;

interface GroupTreeParts {
  readonly places: readonly Place[];
  readonly folders: readonly string[];
  /** Why there are not more places. */
  readonly why: string;
  readonly clock: Clock;
}

class GroupTree implements ControlGroups {
  readonly limits: ControlGroups["limits"];
  readonly folders: readonly string[];
  readonly #places: readonly Place[];
  readonly #clock: Clock;

  constructor({ places, folders, why: refusal, clock }: GroupTreeParts) {
    this.#places = places;
    this.#clock = clock;
    this.folders = folders;
    const missing = needed.filter((controller) => !places.some(({ controllers }) => controllers.includes(controller)));
    const why = `this user may not set control groups for ${missing.join(" and ")} here (${refusal})`;
    this.limits = missing.length === 0 ? { enforced: true, why: "" } : { enforced: false, why };
  }

  make(path: string, limits: GroupLimits): void {
    for (const place of this.#places) {
      const folder = join(place.folder, path);
      this.#makeFolder(place, folder);
      const settings = settingsOf(limits, place.version).filter(({ controller }) => place.controllers.includes(controller));
      // Memory alone may not be above memory and swap together: raising both, the second one must go first.
      const early = settings.filter((setting) => !couldApply(folder, setting));
      for (const setting of early) apply(folder, setting);
    }
  }

  #makeFolder(place: Place, folder: string): void {
    if (folder === place.folder) return;
    const parent = dirname(folder);
    this.#makeFolder(place, parent);
    try {
      mkdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return;
    }
    if (place.version === 2 && parent !== place.folder) handDown(parent, place.controllers);
  }

  entrances(path: string): readonly string[] {
    return this.#places.map(({ folder }) => join(folder, path, "cgroup.procs"));
  }

  views(path: string): ReturnType<ControlGroups["views"]> {
    return this.#places.map(({ version, folder, tree }) => ({
      source: join(folder, path),
      target: version === 2 ? "/sys/fs/cgroup" : join("/sys/fs/cgroup", tree),
    }));
  }

  usage(path: string): GroupUsage {
    return usageIn(this.#places.map((place) => ({ ...place, folder: join(place.folder, path) })));
  }

  oomKills(path: string): number {
    return oomKillsIn(this.#places.map((place) => ({ ...place, folder: join(place.folder, path) })));
  }

  remove(path: string): void {
    for (const folder of this.folders) this.#remove(join(folder, path), 0);
  }

  #remove(folder: string, tries: number): void {
    if (removeGroups(folder) || tries >= maxTries) return;
    this.#clock.after(retryMs, () => this.#remove(folder, tries + 1));
  }
}

function couldApply(folder: string, setting: Setting): boolean {
  try {
    apply(folder, setting);
    return true;
  } catch {
    return false;
  }
}

function apply(folder: string, { file, value, optional }: Setting): void {
  try {
    writeFileSync(join(folder, file), value);
  } catch (error) {
    if (!optional) throw error;
  }
}
