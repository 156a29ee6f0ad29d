/**
 * This process's stdout and stderr, written without Node's streams where that is possible, and the waiting for what they still hold at the end.
 */
import { fstatSync, writeSync } from "node:fs";

export type OutputDescriptor = 1 | 2;

const opened = new Set<NodeJS.WriteStream>();

/** Node's stream, made at its first use. */
export function openedStream(descriptor: OutputDescriptor): NodeJS.WriteStream {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  if (!opened.has(stream)) {
    opened.add(stream);
    // A reader that has had enough (`| head`) is no fault.
    if (descriptor === 1) stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 74));
  }
  return stream;
}

/**
 * How many bytes may be written to it as it is: a file takes all; a pipe or socket what an empty one is sure to hold, as more would stop this process
 * until its reader has read.
 */
export function plainBytes(descriptor: number): number {
  try {
    const stat = fstatSync(descriptor);
    if (stat.isFile()) return Number.POSITIVE_INFINITY;
    return stat.isFIFO() || stat.isSocket() ? 16 * 1024 : 0;
  } catch {
    return 0;
  }
}

/** Gives what couldn't be written: the reader has gone, or doesn't wait (a pipe that doesn't block). */
export function writePlain(descriptor: number, bytes: Uint8Array): Uint8Array {
  let written = 0;
  try {
    while (written < bytes.byteLength) written += writeSync(descriptor, bytes, written);
  } catch {
    // The stream takes the rest, and tells why it can't.
  }
  return bytes.subarray(written);
}

/** Resolves when all that was written has left this process. */
export async function flushed(): Promise<void> {
  for (const stream of opened) if (stream.writableLength > 0) await new Promise((resolve) => stream.write("", resolve));
}
