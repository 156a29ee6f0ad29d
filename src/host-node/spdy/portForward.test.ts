import { describe, expect, it } from "vitest";
import type { StreamSession } from "../../machinery/http.ts";
import type { ByteLink } from "./byteLink.ts";
import { type Frame, FrameParser, encodeFrame } from "./frames.ts";
import { HeaderWriter } from "./headerBlock.ts";
import { servePortForward } from "./portForward.ts";

/** A client's end: frames go in, and what the server sent can be waited for. */
class Client {
  readonly received: Frame[] = [];
  readonly link: ByteLink;
  private readonly headers = new HeaderWriter();
  private readonly gone = new AbortController();
  private readonly queue: Uint8Array[] = [];
  private wake: (() => void) | undefined;

  constructor() {
    const parser = new FrameParser();
    this.link = {
      incoming: this.sent(),
      gone: this.gone.signal,
      send: async (bytes) => void this.received.push(...parser.push(bytes)),
      close: () => this.leave(),
    };
  }

  send(frame: Frame): void {
    this.queue.push(encodeFrame(frame));
    this.wake?.();
  }

  open(streamId: number, headers: Readonly<Record<string, string>>): void {
    this.send({ type: "synStream", streamId, fin: false, block: this.headers.write(new Map(Object.entries(headers))) });
  }

  pair(firstId: number, port: number): void {
    const headers = { port: String(port), requestid: String(firstId) };
    this.open(firstId, { streamtype: "error", ...headers });
    this.send({ type: "data", streamId: firstId, data: new Uint8Array(), fin: true });
    this.open(firstId + 2, { streamtype: "data", ...headers });
  }

  say(streamId: number, text: string, fin = false): void {
    this.send({ type: "data", streamId, data: Buffer.from(text), fin });
  }

  leave(): void {
    this.gone.abort();
    this.wake?.();
  }

  /** What the stream carried so far; `|` where it ended. */
  heard(streamId: number): string {
    const frames = this.received.filter((frame) => frame.type === "data" && frame.streamId === streamId);
    return frames.map((frame) => (frame.type === "data" ? Buffer.from(frame.data).toString() + (frame.fin ? "|" : "") : "")).join("");
  }

  private async *sent(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.queue.shift();
      if (next !== undefined) yield next;
      else if (this.gone.signal.aborted) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

/** Says its port, then everything that it hears, until the client ends. */
async function echo(peer: StreamSession, port: number): Promise<void> {
  await peer.send({ channel: 0, data: Buffer.from(`${port}:`) });
  for await (const { channel, data } of peer.incoming) {
    if (channel !== 0) continue;
    if (data === null) return;
    await peer.send({ channel: 0, data });
  }
}

describe("port-forward over SPDY", () => {
  it("runs one session for each pair of streams and ends both streams with it", async () => {
    const client = new Client();
    const served = servePortForward(client.link, echo);
    client.pair(1, 80);
    client.pair(5, 81);
    client.say(3, "one");
    client.say(7, "two", true);
    await expect.poll(() => client.heard(7)).toBe("81:two|");
    await expect.poll(() => client.heard(5)).toBe("|");
    await expect.poll(() => client.heard(3)).toBe("80:one");
    client.say(3, "more", true);
    await expect.poll(() => [client.heard(3), client.heard(1)]).toEqual(["80:onemore|", "|"]);
    client.leave();
    await served;
  });

  it("tells on the error stream why a session could not begin", async () => {
    const client = new Client();
    const served = servePortForward(client.link, () => Promise.reject(new Error("no such pod")));
    client.pair(1, 80);
    await expect.poll(() => [client.heard(1), client.heard(3)]).toEqual(["no such pod|", "|"]);
    client.leave();
    await served;
  });

  it("tells a Status of the node by its message", async () => {
    const client = new Client();
    const status = Buffer.from(JSON.stringify({ kind: "Status", message: "node n1 can't be reached" }));
    const served = servePortForward(client.link, (peer) => peer.send({ channel: 3, data: status }));
    client.pair(1, 80);
    await expect.poll(() => client.heard(1)).toBe("node n1 can't be reached|");
    client.leave();
    await served;
  });

  it("ends the sessions of a client that resets or goes", async () => {
    const client = new Client();
    let ended = 0;
    const served = servePortForward(client.link, async (peer) => {
      for await (const frame of peer.incoming) expect(frame.channel).toBeLessThan(2);
      ended += 1;
    });
    client.pair(1, 80);
    client.pair(5, 80);
    client.send({ type: "reset", streamId: 3, status: 5 });
    await expect.poll(() => ended).toBe(1);
    client.leave();
    await expect.poll(() => ended).toBe(2);
    await served;
  });

  it("answers pings, refuses streams that it doesn't know, and ends a connection that isn't SPDY", async () => {
    const client = new Client();
    const served = servePortForward(client.link, echo);
    client.send({ type: "ping", id: 9 });
    client.open(1, { streamtype: "other", port: "80" });
    client.open(3, { streamtype: "data", port: "0" });
    await expect
      .poll(() => client.received)
      .toEqual([
        { type: "ping", id: 9 },
        { type: "reset", streamId: 1, status: 3 },
        { type: "reset", streamId: 3, status: 3 },
      ]);
    client.open(3, { streamtype: "data", port: "80" });
    await served;
    expect(client.received.at(-1)).toEqual({ type: "goAway", lastStreamId: 3, status: 1 });
  });

  it("holds the client back while a session takes nothing", async () => {
    const client = new Client();
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const served = servePortForward(client.link, async (peer, port) => {
      await begun;
      await echo(peer, port);
    });
    client.pair(1, 80);
    for (let count = 0; count < 500; count += 1) client.say(3, "x");
    client.send({ type: "ping", id: 11 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.received.some((frame) => frame.type === "ping")).toBe(false);
    begin();
    await expect.poll(() => client.received.some((frame) => frame.type === "ping")).toBe(true);
    await expect.poll(() => client.heard(3)).toBe(`80:${"x".repeat(500)}`);
    client.leave();
    await served;
  });
});
