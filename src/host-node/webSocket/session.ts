/**
 * A WebSocket of one of upstream's channel protocols (`protocols.ts`) as a StreamSession: the first byte of each message names the channel.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go
 */
import type { WebSocket } from "ws";
import type { StreamFrame, StreamSession } from "../../machinery/http.ts";
import { isApiError } from "../../machinery/status.ts";
import { commandChannels } from "../../machinery/streamChannels.ts";
import { FrameQueue } from "../frameQueue.ts";
import { type ChannelProtocol, channelProtocol } from "./protocols.ts";

const closeSignal = 255;
const firstDigit = 48;

/** `protocol`: what was agreed on, where the library wasn't told. */
export function webSocketSession(socket: WebSocket, protocol: () => string = () => socket.protocol): StreamSession {
  const queue = new FrameQueue();
  let ended = false;
  socket.on("message", (data: Buffer) => {
    const frame = frameOf(data, channelProtocol(protocol()));
    const full = frame === undefined ? undefined : queue.put(frame);
    if (full === undefined) return;
    socket.pause();
    void full.then(() => socket.resume());
  });
  const end = (): void => {
    ended = true;
    queue.end();
  };
  socket.on("close", end);
  socket.on("error", end);
  return {
    incoming: queue.frames,
    send: (frame) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(new Error("the client has gone"));
        const message = messageOf(frame, channelProtocol(protocol()));
        if (message === undefined) return resolve();
        socket.send(message, (error) => (error ? reject(error) : resolve()));
      }),
    close() {
      // The other side's farewell stands behind what it has still to say, which nobody may want any more.
      queue.loosen();
      socket.close(1000);
    },
  };
}

function frameOf(message: Buffer, { base64, halfClose }: ChannelProtocol): StreamFrame | undefined {
  const [first] = message;
  if (first === undefined) return undefined;
  if (halfClose && first === closeSignal) return { channel: message[1] ?? 0, data: null };
  if (!base64) return { channel: first, data: message.subarray(1) };
  return { channel: first - firstDigit, data: Buffer.from(message.subarray(1).toString("latin1"), "base64") };
}

/** Undefined where the protocol has no word for it. */
function messageOf({ channel, data }: StreamFrame, protocol: ChannelProtocol): Uint8Array | string | undefined {
  if (data === null) return protocol.halfClose ? Uint8Array.of(closeSignal, channel) : undefined;
  const payload = protocol.plainErrors && channel === commandChannels.error ? plainError(data) : data;
  if (payload === undefined) return undefined;
  if (protocol.base64) return `${channel}${Buffer.from(payload).toString("base64")}`;
  const message = new Uint8Array(payload.byteLength + 1);
  message[0] = channel;
  message.set(payload, 1);
  return message;
}

/** A Status as the text that older protocols have for it; nothing for success. */
function plainError(status: Uint8Array): Uint8Array | undefined {
  const { status: outcome, message } = JSON.parse(Buffer.from(status).toString()) as { status?: string; message?: string };
  return outcome === "Success" ? undefined : Buffer.from(message ?? "");
}

/** Tells the peer on the error channel why its session ends. */
export async function sendError(peer: StreamSession, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const status = isApiError(error)
    ? error.status
    : { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 };
  await peer.send({ channel: commandChannels.error, data: new TextEncoder().encode(JSON.stringify(status)) }).catch(() => undefined);
}
