/**
 * The storage port: bytes under ordered string keys, one revision counter for the whole store (it is the API's resourceVersion).
 * A write is acknowledged after it is durable. Knows nothing of Kubernetes. Adapters: memory, lmdb (disk), later etcd;
 * `describeStore` in contract.ts runs the same cases against each.
 */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision of the write that made this value. */
  readonly revision: number;
  /** Revision of the write that created the key. */
  readonly createRevision: number;
}

export interface RangeOptions {
  /** Read as of this revision; default: the newest. A compacted one throws CompactedError, a later one FutureRevisionError. */
  readonly atRevision?: number | undefined;
  /** Start after this key (exclusive). */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface RangeResult {
  readonly entries: readonly Entry[];
  /** The store's revision that the answer reflects. */
  readonly revision: number;
  /** How many keys of the prefix come after the last entry returned. */
  readonly remaining: number;
}

export type WriteResult =
  | { readonly ok: true; readonly revision: number; readonly previous: Entry | undefined }
  /** The compare failed; `current` is what is there instead. */
  | { readonly ok: false; readonly current: Entry | undefined };

export interface Change {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  /** Absent for a delete. */
  readonly value: Uint8Array | undefined;
  readonly createRevision: number;
  /** What the key held before, where known. */
  readonly previous: Entry | undefined;
}

export interface Store extends AsyncDisposable {
  /** The newest revision whose write is acknowledged; 1 in an empty store. */
  revision(): Promise<number>;
  get(key: string): Promise<Entry | undefined>;
  range(prefix: string, options?: RangeOptions): Promise<RangeResult>;
  /**
   * Puts (or with `undefined` deletes) one key. `expectedRevision` is the entry's revision that must be there now; 0: the key must not exist;
   * absent: whatever is there.
   */
  write(key: string, value: Uint8Array | undefined, expectedRevision?: number): Promise<WriteResult>;
  /**
   * Every change under the prefix with a revision greater than `afterRevision`, in order, then the new ones as they are acknowledged. Batches keep
   * the order. Ends when the signal aborts. Throws CompactedError when `afterRevision` lies before the compaction.
   */
  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<readonly Change[]>;
  /** Forgets history up to and including this revision (current values stay). */
  compact(revision: number): Promise<void>;
}

export class CompactedError extends Error {
  override readonly name = "CompactedError";
  readonly compactedRevision: number;
  constructor(compactedRevision: number) {
    super(`required revision has been compacted (${compactedRevision})`);
    this.compactedRevision = compactedRevision;
  }
}

export class FutureRevisionError extends Error {
  override readonly name = "FutureRevisionError";
}

/** The medium refused (disk full, I/O error): the write did not happen. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}
