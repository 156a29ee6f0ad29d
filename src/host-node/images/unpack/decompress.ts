/** A layer's or archive's bytes, unpacked by what they begin with: gzip, zstd, or nothing. Media types lie too often to be asked. */
import { open } from "node:fs/promises";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { ArchiveError } from "./archiveError.ts";

const chunkBytes = 256 * 1024;
/** As much as the zstd tool itself takes without being told. */
const maxZstdWindowBytes = 128 * 1024 * 1024;

type Packing = "gzip" | "zstd" | "none";

/** Hands over the unpacked bytes in order; stops with what `take` throws. */
export async function decompressFile(path: string, take: (chunk: Uint8Array) => void): Promise<void> {
  const packing = await packingOf(path);
  const source = createReadStream(path, { highWaterMark: chunkBytes });
  try {
    if (packing === "none") await each(source, take);
    else if (packing === "gzip") await gunzip(source, take);
    else {
      const decoder = new Decompress((chunk) => take(chunk));
      await each(source, (chunk) => decoder.push(chunk));
      decoder.push(new Uint8Array(0), true);
    }
  } catch (error) {
    throw damaged(error);
  } finally {
    source.destroy();
  }
}

async function gunzip(source: Readable, take: (chunk: Uint8Array) => void): Promise<void> {
  const unpacked = createGunzip({ chunkSize: chunkBytes });
  source.on("error", (error) => unpacked.destroy(error));
  source.pipe(unpacked);
  try {
    await each(unpacked, take);
  } finally {
    unpacked.destroy();
  }
}

/** Not `pipeline`: that one tells of an abort in place of what `take` throws. */
async function each(chunks: Readable, take: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) take(chunk);
}

async function packingOf(path: string): Promise<Packing> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(14), 0, 14, 0);
    if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return "gzip";
    if (bytesRead < 6 || buffer.readUInt32LE(0) !== 0xfd2fb528) return "none";
    if (zstdWindowBytes(buffer) > maxZstdWindowBytes)
      throw new ArchiveError(`it asks for more than ${maxZstdWindowBytes} bytes of memory to be unpacked`);
    return "zstd";
  } finally {
    await file.close();
  }
}

/** Of a frame without a window of its own the whole content is the window; such frames are small by their nature. */
function zstdWindowBytes(header: Buffer): number {
  const descriptor = header[4] ?? 0;
  if ((descriptor & 0x20) !== 0) return 0;
  const window = header[5] ?? 0;
  const base = 2 ** (10 + (window >> 3));
  return base + (base / 8) * (window & 7);
}

function damaged(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const { code, message } = error;
  const fromDecoder = typeof code === "number" || (typeof code === "string" && code.startsWith("Z_"));
  return fromDecoder ? new ArchiveError(`it can't be unpacked (${message})`, { cause: error }) : error;
}
