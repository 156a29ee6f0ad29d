import type { EventEmitter } from "node:events";
import type { Writable } from "node:stream";

/** Writes with back-pressure; ends both sides whichever ends first. */
export async function pump(body: AsyncIterable<Uint8Array>, out: Writable): Promise<void> {
  try {
    for await (const part of body) {
      if (out.destroyed) break;
      if (!out.write(part)) await drained(out);
    }
    out.end();
  } catch {
    out.destroy();
  }
}

async function drained(out: EventEmitter): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      out.off("drain", done);
      out.off("close", done);
      resolve();
    };
    out.on("drain", done);
    out.on("close", done);
  });
}
