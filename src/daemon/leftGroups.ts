/** The agent's control groups outlive it, unlike everything else of it: it notes where they are, and whoever sees it gone takes them away. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { removeGroups } from "../host-node/runtime/cgroups/removeGroups.ts";

const pollMs = 20;
const patienceMs = 5000;

/** Of the folder in each tree of groups. `folder`: the cluster's state folder. */
export function groupsName(clusterName: string, folder: string): string {
  return `coxswain.${clusterName}.${createHash("sha256").update(folder).digest("hex").slice(0, 8)}`;
}

export function noteGroups(folder: string, groups: readonly string[]): void {
  writeFileSync(join(folder, "run", "cgroups"), groups.join("\n"), { mode: 0o600 });
}

/** Waits for what still ends in there; gives up in silence, since the next start tries again. */
export async function removeLeftGroups(folder: string): Promise<void> {
  const groups = noted(folder);
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    if (groups.map(removeGroups).every(Boolean)) return;
    await wait(pollMs);
  }
}

/** Waits for nothing: what runs in a container runtime goes on in its groups. */
export function removeEmptyGroups(folder: string): void {
  for (const group of noted(folder)) removeGroups(group);
}

function noted(folder: string): readonly string[] {
  try {
    return readFileSync(join(folder, "run", "cgroups"), "utf8")
      .split("\n")
      .filter(Boolean);
  } catch {
    return [];
  }
}
