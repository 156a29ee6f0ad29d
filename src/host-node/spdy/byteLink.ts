/** What SPDY frames travel on: a WebSocket's binary messages, or a socket after its upgrade. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { ByteStream } from "../../machinery/http.ts";
import { writeAll } from "../runtime/writeAll.ts";

export interface ByteLink {
  /** Ends when the other side has gone; what isn't taken yet holds it back. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Aborted when the other side has gone. */
  readonly gone: AbortSignal;
  send(bytes: Uint8Array): Promise<void>;
  /** Sends what is waiting, then ends the link; idempotent. */
  close(): void;
}

/** Messages waiting for the reader before the socket is paused. */
const maxQueuedMessages = 16;

export function webSocketLink(socket: WebSocket): ByteLink {
  const queue: Uint8Array[] = [];
  const gone = new AbortController();
  let wake: (() => void) | undefined;
  socket.on("message", (data: Buffer) => {
    queue.push(data);
    if (queue.length >= maxQueuedMessages) socket.pause();
    wake?.();
  });
  const leave = (): void => {
    gone.abort();
    wake?.();
  };
  socket.on("close", leave);
  socket.on("error", leave);
  async function* incoming(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = queue.shift();
      if (socket.isPaused && queue.length < maxQueuedMessages / 2) socket.resume();
      if (next !== undefined) yield next;
      else if (gone.signal.aborted) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    incoming: incoming(),
    gone: gone.signal,
    send: (bytes) => new Promise((resolve, reject) => socket.send(bytes, (error) => (error ? reject(error) : resolve()))),
    close: () => socket.close(1000),
  };
}

/** `head`: what came together with the request for the upgrade. */
export function socketLink(socket: Duplex, head: Uint8Array): ByteLink {
  const gone = new AbortController();
  socket.on("close", () => gone.abort());
  socket.on("end", () => gone.abort());
  if (head.byteLength > 0) socket.unshift(head);
  async function* incoming(): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of socket) yield part as Uint8Array;
    } catch {
      // Broken off: the same as gone.
    }
  }
  return {
    incoming: incoming(),
    gone: gone.signal,
    send: (bytes) => writeAll(socket, bytes),
    // Wholly: a streaming server keeps its half open for as long as the command runs.
    close: () => void socket.end(() => socket.destroy()),
  };
}

/** The client's end: what a transport gives after its upgrade. */
export function upgradedLink(stream: ByteStream): ByteLink {
  const gone = new AbortController();
  async function* incoming(): AsyncGenerator<Uint8Array> {
    try {
      yield* stream.incoming;
    } catch {
      // Broken off: the same as gone.
    } finally {
      gone.abort();
    }
  }
  return { incoming: incoming(), gone: gone.signal, send: (bytes) => stream.write(bytes), close: () => stream.destroy() };
}
