/**
 * The store on disk, in lmdb: two tables by revision, one of small records (key, kind of change) and one of values, so that opening reads only the
 * small ones. A batch is one transaction and its promise settles after the sync: `overlappingSync` is off because its separate promise for the
 * sync never rejects, and a failed sync must fail the write; `eventTurnBatching` is off because it makes a promise of its own whose rejection nobody
 * can handle. Left out: a cache of values, lmdb's memory map is one.
 */
import { chmod, statfs } from "node:fs/promises";
import { join } from "node:path";
import { open, type Database, type RootDatabase } from "lmdb";
import { createEngine, type EngineOptions } from "../store/engine.ts";
import type { Batch, Medium } from "../store/medium.ts";
import { StorageError, type Store } from "../store/store.ts";
import { type Version, Versions } from "../store/versions.ts";
import { checkLmdbFile } from "./lmdbFile.ts";
import { openStateFolder, StateFolderError } from "./stateFolder.ts";

export interface LmdbStoreOptions extends EngineOptions {}

const dataFile = "data.mdb";
const format = { name: "coxswain-store", version: 1, dataFile };
/** Holds one 2 KB object in a page with room for others; lmdb's default of 4 KiB would give each a page of its own. */
const pageSize = 8192;
/** With less room than this, a refused write is put down to a full disk. */
const fullBelowBytes = 1024 * 1024;
const compactedKey = "compacted";
/** deleted (1 byte), createRevision (8), size of the value (4), then the key. */
const headerBytes = 13;

/** Opens or creates the folder. Throws StateFolderError with one sentence that says what to do. */
export async function openLmdbStore(dir: string, options: LmdbStoreOptions = {}): Promise<Store> {
  const folder = await openStateFolder(dir, format);
  try {
    const problem = await checkLmdbFile(join(dir, dataFile), pageSize);
    if (problem !== undefined) throw new Error(problem);
    const medium = new LmdbMedium(dir, folder);
    await chmod(join(dir, dataFile), 0o600);
    return createEngine(medium.load(), medium, options);
  } catch (cause) {
    await folder[Symbol.asyncDispose]();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StateFolderError(`the state folder ${dir} can't be read (${reason}): restore it from a copy, or choose another one`, {
      cause,
    });
  }
}

class LmdbMedium implements Medium {
  private readonly dir: string;
  private readonly folder: AsyncDisposable;
  private readonly root: RootDatabase;
  private readonly meta: Database<number, string>;
  private readonly index: Database<Uint8Array, number>;
  private readonly values: Database<Uint8Array, number>;
  private compacted = 1;

  constructor(dir: string, folder: AsyncDisposable) {
    this.dir = dir;
    this.folder = folder;
    this.root = open({
      path: dir,
      noSubdir: false,
      maxDbs: 4,
      pageSize,
      overlappingSync: false,
      eventTurnBatching: false,
      compression: false,
    });
    this.meta = this.root.openDB({ name: "meta", encoding: "ordered-binary" });
    this.index = this.root.openDB({ name: "index", encoding: "binary" });
    this.values = this.root.openDB({ name: "values", encoding: "binary" });
  }

  load(): Versions {
    this.compacted = this.meta.get(compactedKey) ?? 1;
    const versions = new Versions(this.compacted);
    for (const { key: revision, value } of this.index.getRange({})) versions.restore(decodeVersion(revision, value));
    return versions;
  }

  async commit({ versions, forget, compacted }: Batch): Promise<void> {
    try {
      await this.root.batch(() => {
        for (const version of versions) {
          void this.index.put(version.revision, encodeVersion(version));
          if (version.value !== undefined) void this.values.put(version.revision, version.value);
        }
        for (const revision of forget) {
          void this.index.remove(revision);
          void this.values.remove(revision);
        }
        if (compacted !== this.compacted) void this.meta.put(compactedKey, compacted);
      });
    } catch (error) {
      throw await this.storageError(error);
    }
    this.compacted = compacted;
  }

  read(revision: number): Uint8Array | undefined {
    return this.values.getBinary(revision);
  }

  gather(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** lmdb tells the reason of a failed commit in a promise of its own, and a full disk only as an I/O error. */
  private async storageError(error: unknown): Promise<StorageError> {
    const cause = await reasonOf(error);
    const free = await freeBytes(this.dir);
    if (free < fullBelowBytes) return new StorageError(`the disk that holds ${this.dir} is full: free some space`, { cause });
    return new StorageError(`the disk that holds ${this.dir} refused a write: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.root.close();
    await this.folder[Symbol.asyncDispose]();
  }
}

async function reasonOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}

async function freeBytes(dir: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

function encodeVersion({ key, deleted, createRevision, sizeBytes }: Version): Uint8Array {
  const record = Buffer.allocUnsafe(headerBytes + Buffer.byteLength(key));
  record.writeUInt8(deleted ? 1 : 0, 0);
  record.writeDoubleLE(createRevision, 1);
  record.writeUInt32LE(sizeBytes, 9);
  record.write(key, headerBytes);
  return record;
}

function decodeVersion(revision: number, bytes: Uint8Array): Version {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    key: record.toString("utf8", headerBytes),
    revision,
    createRevision: record.readDoubleLE(1),
    deleted: record.readUInt8(0) === 1,
    sizeBytes: record.readUInt32LE(9),
    value: undefined,
    older: undefined,
  };
}
