/** Counts the bytes of the history, and drops the values of older changes from memory where the medium has them. */
import type { Version, Versions } from "./versions.ts";

export class RecentValues {
  /** Bytes of all values in the log. */
  historyBytes = 0;
  private readonly versions: Versions;
  private readonly limitBytes: number;
  private cachedBytes = 0;
  /** Log versions after this revision have their values in memory. */
  private droppedTo: number;

  constructor(versions: Versions, limitBytes: number) {
    this.versions = versions;
    this.limitBytes = limitBytes;
    this.droppedTo = versions.current;
    for (let at = versions.compacted + 1; at <= versions.current; at += 1) this.historyBytes += versions.logged(at).sizeBytes;
  }

  add(staged: readonly Version[]): void {
    for (const { sizeBytes } of staged) {
      this.historyBytes += sizeBytes;
      this.cachedBytes += sizeBytes;
    }
    while (this.cachedBytes > this.limitBytes) this.drop(this.versions.logged(this.droppedTo + 1));
  }

  /** Before the log is trimmed up to and including `revision`. */
  forget(revision: number): void {
    for (let at = this.versions.compacted + 1; at <= revision; at += 1) {
      const version = this.versions.logged(at);
      this.historyBytes -= version.sizeBytes;
      if (at > this.droppedTo && this.limitBytes !== Infinity) this.drop(version);
    }
    this.droppedTo = Math.max(this.droppedTo, revision);
  }

  private drop(version: Version): void {
    this.cachedBytes -= version.sizeBytes;
    this.droppedTo = version.revision;
    version.value = undefined;
    if (version.older !== undefined) version.older.value = undefined;
  }
}
