/**
 * The store over any medium: compare-and-swap against the newest versions, group commit (all writes that wait share one durable batch, one batch
 * at a time), reads at a revision, compaction. Nothing is visible or acknowledged before its batch is durable; a failed batch leaves no trace.
 */
import { assert } from "../base/assert.ts";
import type { Medium } from "./medium.ts";
import { RecentValues } from "./recentValues.ts";
import { CompactedError, FutureRevisionError, StorageError } from "./store.ts";
import type { Change, Entry, RangeOptions, RangeResult, Store, WriteResult } from "./store.ts";
import type { Version, Versions } from "./versions.ts";
import { Watchers } from "./watchers.ts";

export interface EngineOptions {
  /** Changes kept for reads at older revisions and for watches; the oldest are compacted beyond that. Default 100,000. */
  readonly historyChanges?: number | undefined;
  /** Bytes of values among those. Default 64 MiB. */
  readonly historyBytes?: number | undefined;
  /** Bytes of recent values kept in memory although the medium has them. Default 8 MiB. */
  readonly cachedBytes?: number | undefined;
}

/** lmdb's longest key with 8 KiB pages is above this, and so is any Kubernetes name. */
const maxKeyLength = 1024;
const maxValueBytes = 8 * 1024 * 1024;
/** Bytes that may wait for a commit; more writes are refused. */
const maxQueuedBytes = 256 * 1024 * 1024;
const maxGroupWrites = 1024;
const maxGroupBytes = 16 * 1024 * 1024;
/** Revisions that one batch compacts at most, so that compaction never stalls writers. */
const maxTrim = 4096;

/** Values that a range reads from the medium before it lets others have a turn. */
const readsPerTurn = 250;

interface PendingWrite {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly expectedRevision: number | undefined;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}
interface PendingCompaction {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function createEngine(versions: Versions, medium: Medium, options: EngineOptions): Store {
  return new Engine(versions, medium, options);
}

class Engine implements Store {
  private readonly versions: Versions;
  private readonly medium: Medium;
  private readonly watchers: Watchers;
  private readonly recent: RecentValues;
  private readonly historyChanges: number;
  private readonly historyBytes: number;
  private queue: PendingWrite[] = [];
  private queuedBytes = 0;
  private compactions: PendingCompaction[] = [];
  private pumping: Promise<void> | undefined;
  private closed = false;

  constructor(versions: Versions, medium: Medium, options: EngineOptions) {
    this.versions = versions;
    this.medium = medium;
    this.historyChanges = options.historyChanges ?? 100_000;
    this.historyBytes = options.historyBytes ?? 64 * 1024 * 1024;
    this.recent = new RecentValues(versions, options.cachedBytes ?? 2 * 1024 * 1024);
    this.watchers = new Watchers(versions, (version) => this.change(version));
  }

  revision(): Promise<number> {
    return Promise.resolve(this.versions.current);
  }

  async get(key: string): Promise<Entry | undefined> {
    this.mustBeOpen();
    const version = this.versions.at(key, this.versions.current);
    return version && this.entry(version);
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    this.mustBeOpen();
    const { current, compacted } = this.versions;
    const revision = options.atRevision ?? current;
    if (revision < compacted) throw new CompactedError(compacted);
    if (revision > current) throw new FutureRevisionError(`revision ${revision} is later than the newest, ${current}`);
    const limit = options.limit === undefined || options.limit <= 0 ? Infinity : options.limit;
    const { versions, remaining } = this.versions.scan(prefix, revision, options.after ?? "", limit);
    return { entries: await this.entriesOf(versions, revision), revision, remaining };
  }

  write(key: string, value: Uint8Array | undefined, expectedRevision?: number): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      this.mustBeOpen();
      assert(key !== "" && key.length <= maxKeyLength, `a key has 1 to ${maxKeyLength} characters`);
      const size = value?.length ?? 0;
      if (size > maxValueBytes) throw new StorageError(`a value of ${size} bytes is larger than the limit of ${maxValueBytes}`);
      if (this.queuedBytes + size > maxQueuedBytes) throw new StorageError("too many writes are waiting for the disk");
      this.queuedBytes += size;
      this.queue.push({ key, value, expectedRevision, resolve, reject });
      this.startPump();
    });
  }

  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<readonly Change[]> {
    return this.watchers.watch(prefix, afterRevision, signal);
  }

  compact(revision: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.mustBeOpen();
      const { compacted, current } = this.versions;
      if (revision < compacted) throw new CompactedError(compacted);
      if (revision > current) throw new FutureRevisionError(`revision ${revision} is later than the newest, ${current}`);
      this.compactions.push({ revision, resolve, reject });
      this.startPump();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.watchers.close();
    await this.pumping;
    await this.medium[Symbol.asyncDispose]();
  }

  private mustBeOpen(): void {
    if (this.closed) throw new StorageError("the store is closed");
  }

  private startPump(): void {
    this.pumping ??= this.pump();
  }

  /** Commits group after group until nothing waits. What waits when the store closes is still committed. */
  private async pump(): Promise<void> {
    await this.medium.gather();
    while (this.queue.length > 0 || this.compactions.length > 0) {
      await this.commit(this.takeGroup());
      await this.medium.gather();
    }
    // Here and not in a `finally` of the caller: a write that came in between would wait for ever.
    this.pumping = undefined;
  }

  private takeGroup(): PendingWrite[] {
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && count < maxGroupWrites && bytes < maxGroupBytes) bytes += this.queue[count++]!.value?.length ?? 0;
    const group = this.queue.slice(0, count);
    this.queue = this.queue.slice(count);
    this.queuedBytes -= bytes;
    return group;
  }

  private async commit(group: readonly PendingWrite[]): Promise<void> {
    const before = this.versions.current;
    const compacted = this.nextCompaction();
    try {
      const results = group.map((write) => this.stage(write));
      const staged: Version[] = [];
      for (let at = before + 1; at <= this.versions.staged; at += 1) staged.push(this.versions.logged(at));
      if (staged.length > 0 || compacted > this.versions.compacted)
        await this.medium.commit({ versions: staged, forget: this.versions.superseded(compacted), compacted });
      this.versions.current = this.versions.staged;
      this.recent.add(staged);
      this.trim(compacted);
      for (let i = 0; i < group.length; i += 1) group[i]!.resolve(results[i]!);
      this.watchers.wake(before);
    } catch (error) {
      this.versions.rollback();
      const failure = error instanceof StorageError ? error : new StorageError("the store could not write", { cause: error });
      for (const write of group) write.reject(failure);
      for (const compaction of this.compactions.splice(0)) compaction.reject(failure);
    }
  }

  /** Decides one write against what the writes before it in its group leave. */
  private stage({ key, value, expectedRevision }: PendingWrite): WriteResult {
    const head = this.versions.head(key);
    const present = head === undefined || head.deleted ? undefined : head;
    const previous = present && this.entry(present);
    if (expectedRevision !== undefined && expectedRevision !== (present?.revision ?? 0)) return { ok: false, current: previous };
    if (value === undefined && present === undefined) return { ok: true, revision: this.versions.staged, previous };
    if (present !== undefined) present.value = previous?.value;
    return { ok: true, revision: this.versions.stage(key, value).revision, previous };
  }

  /** How far the next batch compacts: what was asked for, or what is over the limits, a bounded step at a time. */
  private nextCompaction(): number {
    const { compacted, current, historyLength } = this.versions;
    let target = compacted;
    for (const { revision } of this.compactions) target = Math.max(target, revision);
    target = Math.max(target, compacted + historyLength - this.historyChanges);
    if (this.recent.historyBytes > this.historyBytes) target = Math.max(target, this.overweight());
    return Math.min(target, compacted + maxTrim, current);
  }

  private overweight(): number {
    const { compacted, current } = this.versions;
    let over = this.recent.historyBytes - this.historyBytes;
    let at = compacted;
    while (over > 0 && at < current && at < compacted + maxTrim) over -= this.versions.logged(++at).sizeBytes;
    return at;
  }

  private trim(compacted: number): void {
    this.recent.forget(compacted);
    this.versions.trim(compacted);
    const done = this.compactions.filter(({ revision }) => revision <= this.versions.compacted);
    this.compactions = this.compactions.filter(({ revision }) => revision > this.versions.compacted);
    for (const compaction of done) compaction.resolve();
  }

  /** Reads what the medium has in slices with a turn of the event loop between them, so that a long list blocks nobody. */
  private async entriesOf(versions: readonly Version[], revision: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    let reads = 0;
    for (const version of versions) {
      if (version.value === undefined && ++reads % readsPerTurn === 0) {
        await this.medium.gather();
        this.mustBeOpen();
        if (revision < this.versions.compacted) throw new CompactedError(this.versions.compacted);
      }
      entries.push(this.entry(version));
    }
    return entries;
  }

  private entry(version: Version): Entry {
    const value = version.value ?? this.medium.read(version.revision);
    if (value === undefined) throw new StorageError(`the value of ${version.key} at revision ${version.revision} is missing`);
    return { key: version.key, value, revision: version.revision, createRevision: version.createRevision };
  }

  private change(version: Version): Change {
    const { key, revision, createRevision, older } = version;
    const previous = older === undefined || older.deleted ? undefined : this.entry(older);
    const value = version.deleted ? undefined : this.entry(version).value;
    return { type: version.deleted ? "delete" : "put", key, revision, value, createRevision, previous };
  }
}
