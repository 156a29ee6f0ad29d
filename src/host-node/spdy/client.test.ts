import { describe, expect, it } from "vitest";
import type { StreamFrame, StreamSession } from "../../machinery/http.ts";
import type { ByteLink } from "./byteLink.ts";
import { runSession } from "./client.ts";
import { type Frame, encodeFrame } from "./frames.ts";

/** A server that says these frames and then stays. */
function server(frames: readonly Frame[]): ByteLink {
  const gone = new AbortController();
  async function* incoming(): AsyncGenerator<Uint8Array> {
    for (const frame of frames) yield encodeFrame(frame);
    await new Promise((resolve) => gone.signal.addEventListener("abort", resolve));
  }
  return { incoming: incoming(), gone: gone.signal, send: async () => undefined, close: () => gone.abort() };
}

/** A client that says nothing and notes what it hears. */
function listener(): { readonly peer: StreamSession; readonly heard: string[] } {
  const heard: string[] = [];
  const gone = new AbortController();
  const nothing = async (): Promise<IteratorResult<StreamFrame>> => {
    if (!gone.signal.aborted) await new Promise((resolve) => gone.signal.addEventListener("abort", resolve));
    return { done: true, value: undefined };
  };
  const incoming = { [Symbol.asyncIterator]: () => ({ next: nothing }) };
  const send = async ({ channel, data }: StreamFrame): Promise<void> =>
    void heard.push(`${channel} ${data === null ? "end" : Buffer.from(data).toString()}`);
  return { peer: { incoming, send, close: () => gone.abort() }, heard };
}

const error = { channel: 1, headers: new Map([["streamtype", "error"]]), counts: true };
const data = { channel: 0, headers: new Map([["streamtype", "data"]]), counts: true, tellsEnd: true };
const said = (streamId: number, text: string, fin: boolean): Frame => ({ type: "data", streamId, data: Buffer.from(text), fin });

describe("a session with a runtime's streaming server", () => {
  // Runtimes end the data stream before they say why; a client that hears of the end first asks no more.
  it("tells of the data's end after what the error stream had to say", async () => {
    const { peer, heard } = listener();
    await runSession(server([said(3, "", true), said(1, "connection refused", false), said(1, "", true)]), [error, data], peer);
    expect(heard).toEqual(["1 connection refused", "0 end"]);
  });

  it("is over when the streams that count are, a reset one too", async () => {
    const { peer, heard } = listener();
    await runSession(server([said(3, "bytes", true), { type: "reset", streamId: 1, status: 5 }]), [error, data], peer);
    expect(heard).toEqual(["0 bytes", "0 end"]);
  });

  it("is over when the server goes", async () => {
    const { peer, heard } = listener();
    const link = server([said(3, "half", false)]);
    const running = runSession(link, [error, data], peer);
    await expect.poll(() => heard).toEqual(["0 half"]);
    link.close();
    await running;
    expect(heard).toEqual(["0 half", "0 end"]);
  });
});
