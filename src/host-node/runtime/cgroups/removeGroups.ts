/** Takes a group away with all below it. A group goes only when nothing runs in it any more. */
import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

/** Whether all of it is gone; what still has processes stays. */
export function removeGroups(folder: string): boolean {
  try {
    // The files of a group are the kernel's: only folders can be removed, innermost first.
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeGroups(join(folder, entry.name));
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
