/** The data channel of a forwarded connection as a Duplex, for what speaks with sockets. What its error channel says destroys it. */
import { Duplex } from "node:stream";
import type { StreamFrame, StreamSession } from "../../machinery/http.ts";
import { FrameQueue } from "../frameQueue.ts";

const dataChannel = 0;

/** `run` begins in a moment, when whoever gets the link listens to it, and ends when both sides have. */
export function sessionLink(run: (peer: StreamSession) => Promise<void>): Duplex {
  const outward = new FrameQueue();
  let wanted: (() => void) | undefined;
  const putIn = async (data: Uint8Array | null, done: () => void): Promise<void> => {
    await outward.put({ channel: dataChannel, data });
    done();
  };
  const link = new Duplex({
    allowHalfOpen: true,
    read: () => wanted?.(),
    write: (data: Buffer, _encoding, done) => void putIn(data, done),
    final: (done) => void putIn(null, done),
    destroy: (error, done) => {
      outward.end();
      wanted?.();
      done(error);
    },
  });
  const send = async ({ channel, data }: StreamFrame): Promise<void> => {
    if (link.destroyed) throw new Error("the connection has gone");
    if (channel !== dataChannel) {
      if (data !== null) link.destroy(new Error(Buffer.from(data).toString()));
      return;
    }
    if (data === null) link.push(null);
    else if (!link.push(data)) await new Promise<void>((resolve) => (wanted = resolve));
  };
  const session = async (): Promise<void> => {
    try {
      await run({ incoming: outward.frames, send, close: () => outward.end() });
      if (!link.readableEnded && !link.destroyed) link.push(null);
    } catch (error) {
      link.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  setImmediate(() => void session());
  return link;
}
