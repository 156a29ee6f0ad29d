/**
 * A look at an lmdb file before lmdb maps it, because the engine ends the process on a file that is none or was cut off. Checks the two meta pages
 * and that the file is as long as the newer one says. Left out: the pages themselves, which lmdb's commit order keeps right through a crash.
 */
import { open, rm } from "node:fs/promises";

const magic = 0xbeefc0de;
const dataVersion = 2;
/** Where lmdb keeps these in a meta page. */
const at = { magic: 24, version: 28, pageSize: 48, lastPage: 144, transaction: 152 };

/** Gives what is wrong with the file, if anything. Removes one whose creation was cut off: it never held an acknowledged write. */
export async function checkLmdbFile(file: string, pageSize: number): Promise<string | undefined> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  let size: number;
  const metas = Buffer.alloc(2 * pageSize);
  try {
    ({ size } = await handle.stat());
    await handle.read(metas, 0, metas.length, 0);
  } finally {
    await handle.close();
  }
  if (size < metas.length) {
    await rm(file);
    return undefined;
  }
  return problemOf([metas.subarray(0, pageSize), metas.subarray(pageSize)], size, pageSize);
}

function problemOf(metas: readonly Buffer[], fileSize: number, pageSize: number): string | undefined {
  const valid = metas.filter((meta) => meta.readUInt32LE(at.magic) === magic);
  if (valid.length < metas.length) return "data.mdb is not a database";
  if (valid.some((meta) => meta.readUInt32LE(at.version) !== dataVersion)) return "data.mdb is of another version of lmdb";
  if (valid.some((meta) => meta.readUInt32LE(at.pageSize) !== pageSize)) return "data.mdb has another page size";
  const newest = valid.reduce((a, b) => (a.readBigUInt64LE(at.transaction) > b.readBigUInt64LE(at.transaction) ? a : b));
  const needed = (newest.readBigUInt64LE(at.lastPage) + 1n) * BigInt(pageSize);
  return BigInt(fileSize) < needed ? "data.mdb was cut off" : undefined;
}
