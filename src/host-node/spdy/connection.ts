/**
 * The server's end of one SPDY/3.1 connection: answers for the streams that the client opens, and carries their bytes.
 * Flow control is the link's own, for all streams together: upstream's library keeps no windows per stream, so waiting for its updates would
 * never end. For clients that do keep them, ours are sent as data is taken.
 * Upstream: github.com/moby/spdystream, the library of kubectl and kubelet
 */
import type { ByteLink } from "./byteLink.ts";
import { type Frame, FrameParser, SpdyError, encodeFrame } from "./frames.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./headerBlock.ts";

/** Who takes what comes on a stream. */
export interface StreamSink {
  /** `null`: the client has nothing more to say. Nothing else is read from the connection until it resolves. */
  take(data: Uint8Array | null): Promise<void>;
  /** The stream was reset, or the connection has gone. */
  gone(): void;
}

export interface SpdyStream {
  readonly headers: SpdyHeaders;
  send(data: Uint8Array): Promise<void>;
  /** Half-close; idempotent. */
  end(): Promise<void>;
}

/** The sink of a stream that is welcome. Told of it before the client gets its reply. */
export type Accept = (stream: SpdyStream) => StreamSink | undefined;

const maxStreams = 1024;
const windowUpdateBytes = 16 * 1024;
const refusedStream = 3;
const goAwayProtocolError = 1;

interface OpenStream {
  readonly sink: StreamSink;
  fromClientEnded: boolean;
  toClientEnded: boolean;
  taken: number;
}

export class SpdyConnection {
  private readonly link: ByteLink;
  private readonly accept: Accept;
  private readonly streams = new Map<number, OpenStream>();
  private readonly writer = new HeaderWriter();
  private lastStreamId = 0;

  constructor(link: ByteLink, accept: Accept) {
    this.link = link;
    this.accept = accept;
  }

  /** Serves until the client has gone or `close` is called. */
  async run(): Promise<void> {
    const parser = new FrameParser();
    using reader = new HeaderReader();
    this.link.gone.addEventListener("abort", () => this.dropAll());
    try {
      for await (const bytes of this.link.incoming) for (const frame of parser.push(bytes)) await this.handle(frame, reader);
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error;
      await this.write({ type: "goAway", lastStreamId: this.lastStreamId, status: goAwayProtocolError });
    } finally {
      this.dropAll();
      this.link.close();
    }
  }

  close(): void {
    this.link.close();
  }

  private async handle(frame: Frame, reader: HeaderReader): Promise<void> {
    switch (frame.type) {
      case "synStream":
        return await this.opened(frame.streamId, frame.fin, await reader.read(frame.block));
      case "data":
        return await this.data(frame.streamId, frame.data, frame.fin);
      case "headers":
      case "synReply":
        // Of no use, but all blocks are one compressed stream.
        await reader.read(frame.block);
        if (frame.fin) await this.data(frame.streamId, new Uint8Array(), true);
        return;
      case "reset":
        return this.drop(frame.streamId);
      case "ping":
        if (frame.id % 2 === 1) await this.write(frame);
        return;
      case "settings":
      case "goAway":
      case "windowUpdate":
        return;
    }
  }

  private async opened(id: number, fin: boolean, headers: SpdyHeaders): Promise<void> {
    if (id % 2 === 0 || id <= this.lastStreamId) throw new SpdyError(`a client can't open stream ${id}`);
    this.lastStreamId = id;
    const sink = this.streams.size < maxStreams ? this.accept(this.streamOf(id, headers)) : undefined;
    if (sink === undefined) return await this.write({ type: "reset", streamId: id, status: refusedStream });
    this.streams.set(id, { sink, fromClientEnded: false, toClientEnded: false, taken: 0 });
    await this.write({ type: "synReply", streamId: id, fin: false, block: this.writer.write(new Map()) });
    if (fin) await this.data(id, new Uint8Array(), true);
  }

  private streamOf(id: number, headers: SpdyHeaders): SpdyStream {
    return {
      headers,
      send: async (data) => {
        if (this.streams.get(id)?.toClientEnded !== false) throw new Error("the client has closed this stream");
        await this.write({ type: "data", streamId: id, data, fin: false });
      },
      end: () => this.endStream(id),
    };
  }

  private async endStream(id: number): Promise<void> {
    const stream = this.streams.get(id);
    if (stream === undefined || stream.toClientEnded) return;
    stream.toClientEnded = true;
    if (stream.fromClientEnded) this.streams.delete(id);
    await this.write({ type: "data", streamId: id, data: new Uint8Array(), fin: true });
  }

  /** Data of a stream that has been closed here may still be on its way: it is dropped. */
  private async data(id: number, data: Uint8Array, fin: boolean): Promise<void> {
    const stream = this.streams.get(id);
    if (stream === undefined || stream.fromClientEnded) return;
    if (data.byteLength > 0) {
      await stream.sink.take(data);
      await this.taken(id, stream, data.byteLength);
    }
    if (!fin) return;
    stream.fromClientEnded = true;
    if (stream.toClientEnded) this.streams.delete(id);
    await stream.sink.take(null);
  }

  private async taken(id: number, stream: OpenStream, bytes: number): Promise<void> {
    stream.taken += bytes;
    if (stream.taken < windowUpdateBytes) return;
    const delta = stream.taken;
    stream.taken = 0;
    await this.write({ type: "windowUpdate", streamId: id, delta });
    await this.write({ type: "windowUpdate", streamId: 0, delta });
  }

  private drop(id: number): void {
    const stream = this.streams.get(id);
    this.streams.delete(id);
    stream?.sink.gone();
  }

  private dropAll(): void {
    for (const id of this.streams.keys()) this.drop(id);
  }

  /** A client that has gone is noticed by its link, not here. */
  private async write(frame: Frame): Promise<void> {
    await this.link.send(encodeFrame(frame)).catch(() => undefined);
  }
}
