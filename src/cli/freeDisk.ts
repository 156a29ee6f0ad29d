import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";

export interface FreeDisk {
  /** The folder asked for, or the nearest above it that is there. */
  readonly folder: string;
  readonly bytes: number;
}

/** What an ordinary user may still write where `folder` is or will be. */
export function freeDisk(folder: string): FreeDisk {
  if (!existsSync(folder)) return freeDisk(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return { folder, bytes: bavail * bsize };
}
