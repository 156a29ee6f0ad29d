import type { Writable } from "node:stream";

/** Writes and waits until the stream takes more, or has closed. Never rejects: who reads the other end finds out what happened. */
export function writeAll(to: Writable, data: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (to.destroyed || to.writableEnded || to.write(data)) return resolve();
    const done = (): void => {
      to.off("drain", done);
      to.off("close", done);
      resolve();
    };
    to.on("drain", done);
    to.on("close", done);
  });
}
