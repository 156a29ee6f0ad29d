/**
 * Which pages of an lmdb file are in use: all that the trees of the newest meta page lead to. Everything else may be missing, and sometimes is: pages at
 * the end that a transaction took and gave back are counted but never written. Left out: trees with several values to a key, which the store has none of.
 */
import type { FileHandle } from "node:fs/promises";

export interface LmdbFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly pageSize: number;
}

const headerBytes = 24;
const nodeHeaderBytes = 8;
const branch = 0x01;
const leaf = 0x02;
const bigData = 0x01;
const subData = 0x02;
const rootOffset = 40;
/** The root of a tree without pages. */
const nowhere = 2n ** 64n - 1n;

/** Whether the file holds each page that the trees with these roots use. */
export async function holdsTrees(file: LmdbFile, roots: readonly bigint[]): Promise<boolean> {
  const { handle, sizeBytes, pageSize } = file;
  const pages = BigInt(Math.floor(sizeBytes / pageSize));
  const waiting = [...roots];
  const page = Buffer.alloc(pageSize);
  let seen = 0n;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === nowhere) continue;
    seen += 1n;
    // More than there are: they lead in a circle.
    if (next >= pages || seen > pages) return false;
    await handle.read(page, 0, pageSize, Number(next) * pageSize);
    for (const node of nodesOf(page)) {
      if (node.type === "data" && node.end > pages) return false;
      if (node.type === "page") waiting.push(node.page);
    }
  }
  return true;
}

type Node = { readonly type: "page"; readonly page: bigint } | { readonly type: "data"; readonly end: bigint };

function nodesOf(page: Buffer): readonly Node[] {
  const flags = page.readUInt16LE(18);
  const count = (flags & (branch | leaf)) === 0 ? 0 : page.readUInt16LE(20) >> 1;
  const nodes: Node[] = [];
  for (let n = 0; n < count; n += 1) {
    const at = headerBytes + page.readUInt16LE(headerBytes + 2 * n);
    const node = (flags & branch) === 0 ? leafNode(page, at) : { type: "page" as const, page: BigInt(page.readUIntLE(at, 6)) };
    if (node !== undefined) nodes.push(node);
  }
  return nodes;
}

/** A value on pages of its own, or a tree of its own. */
function leafNode(page: Buffer, at: number): Node | undefined {
  const flags = page.readUInt16LE(at + 4);
  const data = at + nodeHeaderBytes + page.readUInt16LE(at + 6);
  if ((flags & bigData) !== 0) return { type: "data", end: page.readBigUInt64LE(data) + page.readBigUInt64LE(data + 16) };
  return (flags & subData) === 0 ? undefined : { type: "page", page: page.readBigUInt64LE(data + rootOffset) };
}
