/**
 * The versions of every key since the last compaction: a sorted index of the newest ones, each linked to its older ones, beside a log in revision
 * order. Purely in memory and synchronous. Left out: durability and waiting (engine.ts), the bytes of old values (a Medium may keep those).
 */
import { assert } from "../base/assert.ts";
import { SortedMap } from "../base/sortedMap.ts";

export interface Version {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly deleted: boolean;
  readonly sizeBytes: number;
  /** Absent for a deletion, and where only the medium has the bytes. */
  value: Uint8Array | undefined;
  older: Version | undefined;
}

interface Scan {
  readonly versions: readonly Version[];
  readonly remaining: number;
}

export class Versions {
  /** The newest revision that readers may see. */
  current: number;
  /** Changes up to and including this revision are forgotten. */
  compacted: number;
  private readonly heads = new SortedMap<Version>();
  /** Versions with the revisions compacted+1, compacted+2, ... from `logStart` on; also those not yet current. */
  private log: Version[] = [];
  private logStart = 0;

  constructor(compacted: number) {
    this.compacted = compacted;
    this.current = compacted;
  }

  /** The newest revision given out, current or not. */
  get staged(): number {
    return this.compacted + this.log.length - this.logStart;
  }

  get historyLength(): number {
    return this.log.length - this.logStart;
  }

  /** The newest version of a key, current or not; a deletion counts as a version. */
  head(key: string): Version | undefined {
    return this.heads.get(key);
  }

  /** Adds a version with the next revision. `value` undefined: a deletion. */
  stage(key: string, value: Uint8Array | undefined): Version {
    const older = this.heads.get(key);
    const revision = this.staged + 1;
    const createRevision = older === undefined || older.deleted ? revision : older.createRevision;
    const version: Version = { key, revision, createRevision, deleted: value === undefined, sizeBytes: value?.length ?? 0, value, older };
    this.heads.set(key, version);
    this.log.push(version);
    return version;
  }

  /** Puts back a version that a medium kept. In revision order; those up to `compacted` are no part of the log. */
  restore(version: Version): void {
    const older = this.heads.get(version.key);
    this.heads.set(version.key, version);
    if (version.revision <= this.compacted) return;
    assert(version.revision === this.staged + 1, `the log goes on with revision ${this.staged + 1}, not ${version.revision}`);
    version.older = older;
    this.log.push(version);
    this.current = version.revision;
  }

  /** Undoes everything staged after `current`. */
  rollback(): void {
    while (this.staged > this.current) {
      const version = this.log.pop()!;
      if (version.older === undefined) this.heads.delete(version.key);
      else this.heads.set(version.key, version.older);
    }
  }

  /** What a key held at a revision; undefined also where it was deleted. */
  at(key: string, revision: number): Version | undefined {
    return visibleAt(this.heads.get(key), revision);
  }

  scan(prefix: string, revision: number, after: string, limit: number): Scan {
    const versions: Version[] = [];
    let remaining = 0;
    this.heads.walk(after > prefix ? after : prefix, (key, head) => {
      if (!key.startsWith(prefix)) return false;
      if (key <= after) return true;
      const version = visibleAt(head, revision);
      if (version === undefined) return true;
      if (versions.length < limit) versions.push(version);
      else remaining += 1;
      return true;
    });
    return { versions, remaining };
  }

  /** The version that a revision of the log made. */
  logged(revision: number): Version {
    return this.log[this.logStart + revision - this.compacted - 1]!;
  }

  /** Revisions whose bytes nobody can ask for any more once everything up to `revision` is forgotten. */
  superseded(revision: number): number[] {
    const forgotten: number[] = [];
    for (let at = this.compacted + 1; at <= revision; at += 1) {
      const version = this.logged(at);
      if (version.older !== undefined && !version.older.deleted) forgotten.push(version.older.revision);
      if (version.deleted) forgotten.push(version.revision);
    }
    return forgotten;
  }

  trim(revision: number): void {
    for (let at = this.compacted + 1; at <= revision; at += 1) {
      const version = this.log[this.logStart++]!;
      version.older = undefined;
      if (version.deleted && this.heads.get(version.key) === version) this.heads.delete(version.key);
    }
    this.compacted = Math.max(this.compacted, revision);
    if (this.logStart <= this.log.length >> 1) return;
    this.log = this.log.slice(this.logStart);
    this.logStart = 0;
  }
}

function visibleAt(head: Version | undefined, revision: number): Version | undefined {
  let version = head;
  while (version !== undefined && version.revision > revision) version = version.older;
  return version?.deleted === true ? undefined : version;
}
