/**
 * A WebSocket of upstream's remote-command protocol (`v5.channel.k8s.io` and `v4.channel.k8s.io`) as a StreamSession: the first byte of each
 * message names the channel; in v5 a message `ff N` is the half-close of channel N.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go
 */
import type { WebSocket } from "ws";
import type { StreamFrame, StreamSession } from "../machinery/http.ts";
import { isApiError } from "../machinery/status.ts";

/** In order of preference. */
export const remoteCommandProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

const closeSignal = 255;
/** Frames waiting for the reader before the socket is paused. */
const maxQueuedFrames = 64;

/** `protocol`: what was agreed on, where the library wasn't told. */
export function webSocketSession(socket: WebSocket, protocol: () => string = () => socket.protocol): StreamSession {
  const queue: StreamFrame[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const signal = (): void => {
    wake?.();
    wake = undefined;
  };
  socket.on("message", (data: Buffer) => {
    const channel = data[0];
    if (channel === undefined) return;
    if (channel === closeSignal) queue.push({ channel: data[1] ?? 0, data: null });
    else queue.push({ channel, data: data.subarray(1) });
    if (queue.length > maxQueuedFrames) socket.pause();
    signal();
  });
  const end = (): void => {
    ended = true;
    signal();
  };
  socket.on("close", end);
  socket.on("error", end);
  async function* incoming(): AsyncGenerator<StreamFrame> {
    for (;;) {
      const frame = queue.shift();
      if (frame !== undefined) {
        if (socket.isPaused && queue.length < maxQueuedFrames / 2) socket.resume();
        yield frame;
      } else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  return {
    incoming: incoming(),
    send: (frame) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(new Error("the client has gone"));
        if (frame.data === null) {
          if (protocol() !== "v5.channel.k8s.io") return resolve();
          return socket.send(Uint8Array.of(closeSignal, frame.channel), () => resolve());
        }
        const message = new Uint8Array(frame.data.byteLength + 1);
        message[0] = frame.channel;
        message.set(frame.data, 1);
        socket.send(message, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => socket.close(1000),
  };
}

const errorChannel = 3;

/** Tells the peer on the error channel why its session ends. */
export async function sendError(peer: StreamSession, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const status = isApiError(error)
    ? error.status
    : { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 };
  await peer.send({ channel: errorChannel, data: new TextEncoder().encode(JSON.stringify(status)) }).catch(() => undefined);
}
