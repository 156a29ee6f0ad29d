/** The body of an answer: bytes come in as the connection brings them and go out as the reader asks. The connection waits for a slow reader. */
import type { Duplex } from "node:stream";

/** Kept for the reader before the connection is paused. */
const maxKeptBytes = 256 * 1024;

export class AnswerBody implements AsyncIterable<Uint8Array> {
  private readonly socket: Duplex;
  private parts: Uint8Array[] = [];
  private keptBytes = 0;
  private over: { readonly error?: Error } | undefined;
  private wake: (() => void) | undefined;

  constructor(socket: Duplex) {
    this.socket = socket;
  }

  push(part: Uint8Array): void {
    this.parts.push(part);
    this.keptBytes += part.length;
    if (this.keptBytes > maxKeptBytes) this.socket.pause();
    this.wake?.();
  }

  end(error?: Error): void {
    this.over ??= error === undefined ? {} : { error };
    this.wake?.();
  }

  /** All of it, where it is here already. */
  whole(): Uint8Array | undefined {
    if (this.over === undefined || this.over.error !== undefined) return undefined;
    return this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const { parts } = this;
        this.parts = [];
        this.keptBytes = 0;
        if (this.over === undefined) this.socket.resume();
        yield* parts;
        if (this.parts.length > 0) continue;
        if (this.over?.error !== undefined) throw this.over.error;
        if (this.over !== undefined) return;
        await new Promise<void>((resolve) => (this.wake = resolve));
        this.wake = undefined;
      }
    } finally {
      // A reader that leaves early ends the request.
      if (this.over === undefined) this.socket.destroy();
    }
  }
}
