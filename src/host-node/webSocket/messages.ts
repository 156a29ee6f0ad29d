/**
 * An answer that goes on and on as messages of a WebSocket: a watch with one message an event, a log as it comes.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go (HandleWS), staging/src/k8s.io/apimachinery/pkg/util/httpstream/wsstream/stream.go
 */
import type { WebSocket } from "ws";
import type { ApiResponse } from "../../machinery/http.ts";
import { base64Messages } from "./protocols.ts";

const newline = 10;

export type StreamBody = AsyncIterable<Uint8Array>;

/** Whether the answer is one; all others are given as to any request. */
export function isEndless({ status, body }: ApiResponse): boolean {
  return status === 200 && !(body instanceof Uint8Array);
}

/** Sends until the answer ends or the client goes; what the client sends is dropped. */
export async function sendMessages(socket: WebSocket, messages: AsyncIterable<Uint8Array | string>): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  const gone = new Promise<undefined>((resolve) => socket.once("close", () => resolve(undefined)));
  socket.on("error", () => undefined);
  socket.resume();
  try {
    for (;;) {
      const next = await Promise.race([gone, iterator.next()]);
      if (next === undefined || next.done === true) return;
      await new Promise<void>((resolve) => socket.send(next.value, () => resolve()));
    }
  } finally {
    // Not waited for: it may itself be waiting for what never comes.
    void iterator.return?.()?.catch(() => undefined);
    socket.close(1000);
  }
}

/** Events as JSON, each with its line's end. */
export async function* eventMessages(body: StreamBody): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of body) {
    let unread = Buffer.concat([rest, part]);
    for (let end = unread.indexOf(newline); end >= 0; end = unread.indexOf(newline)) {
      yield unread.subarray(0, end + 1).toString();
      unread = unread.subarray(end + 1);
    }
    rest = unread;
  }
}

export async function* logMessages(body: StreamBody, protocol: string): AsyncGenerator<Uint8Array | string> {
  for await (const part of body) yield protocol === base64Messages ? Buffer.from(part).toString("base64") : part;
}
