/**
 * A look at an lmdb file before lmdb maps it, because the engine ends the process on a file that is none or was cut off. Checks the two meta pages, and
 * where the file is shorter than the newer one says, that no page in use is missing. Left out: what is in the pages, which lmdb's commit order keeps
 * right through a crash.
 */
import { open, rm } from "node:fs/promises";
import { holdsTrees, type LmdbFile } from "./lmdbPages.ts";

const magic = 0xbeefc0de;
const dataVersion = 2;
/** Where lmdb keeps these in a meta page. */
const at = { magic: 24, version: 28, pageSize: 48, freeRoot: 88, mainRoot: 136, lastPage: 144, transaction: 152 };

/** Gives what is wrong with the file, if anything. Removes one whose creation was cut off: it never held an acknowledged write. */
export async function checkLmdbFile(file: string, pageSize: number): Promise<string | undefined> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    if (size >= 2 * pageSize) return await problemOf({ handle, sizeBytes: size, pageSize });
  } finally {
    await handle.close();
  }
  await rm(file);
  return undefined;
}

async function problemOf(file: LmdbFile): Promise<string | undefined> {
  const { handle, sizeBytes, pageSize } = file;
  const both = Buffer.alloc(2 * pageSize);
  await handle.read(both, 0, both.length, 0);
  const metas = [both.subarray(0, pageSize), both.subarray(pageSize)];
  if (metas.some((meta) => meta.readUInt32LE(at.magic) !== magic)) return "data.mdb is not a database";
  if (metas.some((meta) => meta.readUInt32LE(at.version) !== dataVersion)) return "data.mdb is of another version of lmdb";
  if (metas.some((meta) => meta.readUInt32LE(at.pageSize) !== pageSize)) return "data.mdb has another page size";
  const newest = metas.reduce((a, b) => (a.readBigUInt64LE(at.transaction) > b.readBigUInt64LE(at.transaction) ? a : b));
  const counted = (newest.readBigUInt64LE(at.lastPage) + 1n) * BigInt(pageSize);
  if (BigInt(sizeBytes) >= counted) return undefined;
  const roots = [newest.readBigUInt64LE(at.freeRoot), newest.readBigUInt64LE(at.mainRoot)];
  return (await holdsTrees(file, roots)) ? undefined : "data.mdb was cut off";
}
