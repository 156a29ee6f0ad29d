/** A layer's or archive's bytes, unpacked by what they begin with: gzip, zstd, or nothing. Media types lie too often to be asked. */
import { open } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { ArchiveError } from "./archiveError.ts";

const chunkBytes = 256 * 1024;
/** As much as the zstd tool itself takes without being told. */
const maxZstdWindowBytes = 128 * 1024 * 1024;

type Packing = "gzip" | "zstd" | "none";

/** Hands over the unpacked bytes in order; stops with what `take` throws. */
export async function decompressFile(path: string, take: (chunk: Uint8Array) => void): Promise<void> {
  const source = createReadStream(path, { highWaterMark: chunkBytes });
  switch (await packingOf(path)) {
    case "gzip":
      return await pipeline(source, createGunzip({ chunkSize: chunkBytes }), eachChunk(take)).catch(damaged);
    case "zstd": {
      const decoder = new Decompress((chunk) => take(chunk));
      const feed = eachChunk((chunk) => decoder.push(chunk));
      return await pipeline(source, feed)
        .then(() => decoder.push(new Uint8Array(0), true))
        .catch(damaged);
    }
    case "none":
      return await pipeline(source, eachChunk(take));
  }
}

function eachChunk(take: (chunk: Uint8Array) => void): (chunks: AsyncIterable<Uint8Array>) => Promise<void> {
  return async (chunks) => {
    for await (const chunk of chunks) take(chunk);
  };
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

function damaged(error: Error & { readonly code?: unknown }): never {
  const fromDecoder = typeof error.code === "number" || (typeof error.code === "string" && error.code.startsWith("Z_"));
  throw fromDecoder ? new ArchiveError(`it can't be unpacked (${error.message})`, { cause: error }) : error;
}
