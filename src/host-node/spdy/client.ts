/**
 * The client's end of one SPDY/3.1 connection, to the streaming server of a container runtime: opens the streams that one session needs and carries
 * the session's channels on them. As on the server's end (connection.ts), flow control is the link's own.
 * Upstream: staging/src/k8s.io/client-go/tools/remotecommand/v4.go, staging/src/k8s.io/streaming/pkg/httpstream/spdy
 */
import { request } from "node:http";
import type { Socket } from "node:net";
import type { StreamSession } from "../../machinery/http.ts";
import { type ByteLink, socketLink } from "./byteLink.ts";
import { type Frame, FrameParser, encodeFrame } from "./frames.ts";
import { HeaderReader, HeaderWriter } from "./headerBlock.ts";

/** The server wouldn't have it. */
export class UpgradeError extends Error {
  override readonly name = "UpgradeError";
}

export interface ClientStream {
  readonly channel: number;
  readonly headers: ReadonlyMap<string, string>;
  /** The session is over when all streams that count have ended on the server's side. */
  readonly counts: boolean;
  /** The client wants to know of its end: with port-forward it stands for the connection's, and is told when the error stream has said its word. */
  readonly tellsEnd?: boolean | undefined;
}

export interface Upgrade {
  /** Connected to the server. */
  readonly socket: Socket;
  readonly url: URL;
  readonly protocol: string;
}

/** Asks for SPDY on a fresh connection. Rejects with UpgradeError. */
export function upgrade({ socket, url, protocol }: Upgrade): Promise<ByteLink> {
  return new Promise((resolve, reject) => {
    const asked = request({
      method: "POST",
      path: `${url.pathname}${url.search}`,
      host: url.host,
      createConnection: () => socket,
      headers: { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol, "Content-Length": "0" },
    });
    asked.once("upgrade", (_response, upgraded, head) => resolve(socketLink(upgraded, head)));
    asked.once("response", (response) => {
      let said = "";
      response.on("data", (data: Buffer) => (said += data.toString()));
      response.once("close", () => reject(new UpgradeError(`unable to upgrade connection: ${said.trim() || response.statusCode}`)));
    });
    asked.once("error", (error) => reject(new UpgradeError(`error dialing the runtime's streaming server: ${error.message}`)));
    asked.end();
  });
}

/** Runs a session on the link until the server's streams have ended (then true) or one of both sides has gone. */
export async function runSession(link: ByteLink, streams: readonly ClientStream[], peer: StreamSession): Promise<boolean> {
  return await new ClientSession(link, streams, peer).run();
}

class ClientSession {
  readonly #link: ByteLink;
  readonly #peer: StreamSession;
  readonly #streams: readonly ClientStream[];
  /** Stream ids by channel, and back: 1, 3, 5, ... in the order of opening. */
  readonly #idOf = new Map<number, number>();
  readonly #channelOf = new Map<number, number>();
  readonly #open = new Set<number>();
  readonly #ended = new Set<number>();

  constructor(link: ByteLink, streams: readonly ClientStream[], peer: StreamSession) {
    this.#link = link;
    this.#peer = peer;
    this.#streams = streams;
  }

  async run(): Promise<boolean> {
    const writer = new HeaderWriter();
    for (const [index, { channel, headers, counts }] of this.#streams.entries()) {
      const id = 2 * index + 1;
      this.#idOf.set(channel, id);
      this.#channelOf.set(id, channel);
      if (counts) this.#open.add(id);
      await this.#write({ type: "synStream", streamId: id, fin: false, block: writer.write(headers) });
    }
    const inward = this.#fromPeer();
    try {
      await this.#fromServer();
      const tellEnd = this.#streams.filter(({ tellsEnd }) => tellsEnd === true);
      for (const { channel } of tellEnd) await this.#peer.send({ channel, data: null }).catch(() => undefined);
    } finally {
      this.#link.close();
      this.#peer.close();
      await inward;
    }
    return this.#open.size === 0;
  }

  /** Once the client has gone, so does the connection. */
  async #fromPeer(): Promise<void> {
    try {
      for await (const { channel, data } of this.#peer.incoming) {
        const streamId = this.#idOf.get(channel);
        if (streamId === undefined || this.#ended.has(streamId)) continue;
        if (data === null) this.#ended.add(streamId);
        await this.#write({ type: "data", streamId, data: data ?? new Uint8Array(), fin: data === null });
      }
    } catch {
      // Broken off: the same as gone.
    }
    this.#link.close();
  }

  async #fromServer(): Promise<void> {
    const parser = new FrameParser();
    using reader = new HeaderReader();
    for await (const bytes of this.#link.incoming) {
      for (const frame of parser.push(bytes)) {
        await this.#handle(frame, reader);
        if (this.#open.size === 0) return;
      }
    }
  }

  async #handle(frame: Frame, reader: HeaderReader): Promise<void> {
    switch (frame.type) {
      case "data":
        return await this.#data(frame.streamId, frame.data, frame.fin);
      case "synReply":
      case "headers":
      case "synStream":
        // Of no use, but all blocks are one compressed stream.
        await reader.read(frame.block);
        return frame.fin ? await this.#data(frame.streamId, new Uint8Array(), true) : undefined;
      case "reset":
        this.#open.delete(frame.streamId);
        return;
      case "ping":
        if (frame.id % 2 === 0) await this.#write(frame);
        return;
      case "goAway":
      case "settings":
      case "windowUpdate":
        return;
    }
  }

  async #data(streamId: number, data: Uint8Array, fin: boolean): Promise<void> {
    const channel = this.#channelOf.get(streamId);
    if (channel === undefined) return;
    // No window updates: the server doesn't wait for them, and one that comes after its end would reset the connection with data still in it.
    if (data.byteLength > 0) await this.#peer.send({ channel, data }).catch(() => this.#link.close());
    if (fin) this.#open.delete(streamId);
  }

  /** A server that has gone is noticed by its link, not here. */
  async #write(frame: Frame): Promise<void> {
    await this.#link.send(encodeFrame(frame)).catch(() => undefined);
  }
}
