/** One forwarded connection of a client: data and error. Whatever goes wrong is told as plain text on the error channel. */
import type { StreamFrame, StreamSession } from "../machinery/http.ts";
import { commandChannels, forwardChannels } from "../machinery/streamChannels.ts";

/** Runs until it ends; never throws. */
export async function forwardConnection(peer: StreamSession, run: (peer: StreamSession) => Promise<void>): Promise<void> {
  try {
    await run({ incoming: peer.incoming, send: (frame) => peer.send(asPlainError(frame)), close: () => peer.close() });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    await peer.send({ channel: forwardChannels.error, data: Buffer.from(text) }).catch(() => undefined);
  } finally {
    peer.close();
  }
}

/** Here an error is plain text: the Status by which a session that can't begin says why is told by its message. */
function asPlainError(frame: StreamFrame): StreamFrame {
  if (frame.channel !== commandChannels.error || frame.data === null) return frame;
  const text = Buffer.from(frame.data).toString();
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return { channel: forwardChannels.error, data: Buffer.from(typeof message === "string" ? message : text) };
  } catch {
    return { channel: forwardChannels.error, data: frame.data };
  }
}
