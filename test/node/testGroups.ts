/** Control groups that worlds of tests make (inside/world.ts names them by the test's folder) and that a killed one leaves. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { hierarchiesOf } from "../../src/host-node/runtime/cgroups/hierarchies.ts";
import { removeGroups } from "../../src/host-node/runtime/cgroups/removeGroups.ts";

/** Whether none is left. */
export function removeTestGroups(folder: string): boolean {
  const places = hierarchiesOf(readFileSync("/proc/self/mountinfo", "utf8"), readFileSync("/proc/self/cgroup", "utf8"))
    .map(({ own }) => own)
    .filter(existsSync);
  const left = places.flatMap((own) =>
    readdirSync(own)
      .filter((name) => name.startsWith("coxswain-test-") && name.endsWith(basename(folder)))
      .map((name) => join(own, name)),
  );
  return left.map(removeGroups).every(Boolean);
}
