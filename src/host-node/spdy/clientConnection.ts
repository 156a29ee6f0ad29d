/**
 * The client's end of a SPDY/3.1 connection: streams opened by us, each with what the server sends on it. Flow control is the link's own, for all
 * streams together, as in connection.ts, which is the server's end. Left out: streams that a server opens; there are none.
 * Upstream: github.com/moby/spdystream, the library of kubectl and kubelet
 */
import type { ByteLink } from "./byteLink.ts";
import { type Frame, FrameParser, encodeFrame } from "./frames.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./headerBlock.ts";

/** Pieces waiting for a stream's reader before the whole connection is held back. */
const maxQueuedPieces = 64;
const cancelled = 5;

export class SpdyClientConnection {
  private readonly link: ByteLink;
  private readonly streams = new Map<number, SpdyClientStream>();
  private readonly writer = new HeaderWriter();
  private nextStreamId = 1;

  constructor(link: ByteLink) {
    this.link = link;
    void this.read();
  }

  /** Aborted when the server has gone. */
  get gone(): AbortSignal {
    return this.link.gone;
  }

  async open(headers: SpdyHeaders): Promise<SpdyClientStream> {
    const id = this.nextStreamId;
    this.nextStreamId += 2;
    const stream = new SpdyClientStream(id, (frame) => this.write(frame));
    this.streams.set(id, stream);
    await this.write({ type: "synStream", streamId: id, fin: false, block: this.writer.write(headers) });
    return stream;
  }

  close(): void {
    this.link.close();
  }

  private async read(): Promise<void> {
    const parser = new FrameParser();
    using reader = new HeaderReader();
    try {
      for await (const bytes of this.link.incoming) for (const frame of parser.push(bytes)) await this.handle(frame, reader);
    } catch {
      // No SPDY any more: the connection ends, which is all that its users can be told.
    } finally {
      for (const stream of this.streams.values()) stream.finish();
      this.link.close();
    }
  }

  private async handle(frame: Frame, reader: HeaderReader): Promise<void> {
    switch (frame.type) {
      case "data":
        return await this.streams.get(frame.streamId)?.take(frame.data, frame.fin);
      case "headers":
      case "synReply":
        // Of no use, but all blocks are one compressed stream.
        await reader.read(frame.block);
        if (frame.fin) await this.streams.get(frame.streamId)?.take(new Uint8Array(), true);
        return;
      case "reset":
        this.streams.get(frame.streamId)?.finish();
        this.streams.delete(frame.streamId);
        return;
      case "ping":
        if (frame.id % 2 === 0) await this.write(frame);
        return;
      case "synStream":
        await reader.read(frame.block);
        return;
      case "settings":
      case "goAway":
      case "windowUpdate":
        return;
    }
  }

  private async write(frame: Frame): Promise<void> {
    if (frame.type === "reset") this.streams.delete(frame.streamId);
    await this.link.send(encodeFrame(frame));
  }
}

export class SpdyClientStream {
  /** Ends when the server has nothing more to say, or has gone. */
  readonly incoming: AsyncIterable<Uint8Array>;
  private readonly id: number;
  private readonly write: (frame: Frame) => Promise<void>;
  private readonly queue: Uint8Array[] = [];
  private ended = false;
  private wakeReader: (() => void) | undefined;
  private letIn: (() => void) | undefined;

  constructor(id: number, write: (frame: Frame) => Promise<void>) {
    this.id = id;
    this.write = write;
    this.incoming = this.pieces();
  }

  send(data: Uint8Array): Promise<void> {
    return this.write({ type: "data", streamId: this.id, data, fin: false });
  }

  /** Half-close. */
  end(): Promise<void> {
    return this.write({ type: "data", streamId: this.id, data: new Uint8Array(), fin: true });
  }

  /** Neither side says anything more. */
  reset(): Promise<void> {
    this.finish();
    return this.write({ type: "reset", streamId: this.id, status: cancelled });
  }

  async take(data: Uint8Array, fin: boolean): Promise<void> {
    if (this.ended) return;
    // The parser may use its memory again.
    if (data.byteLength > 0) this.queue.push(data.slice());
    if (fin) this.ended = true;
    this.wakeReader?.();
    if (!fin && this.queue.length >= maxQueuedPieces) await new Promise<void>((resolve) => (this.letIn = resolve));
  }

  finish(): void {
    this.ended = true;
    this.wakeReader?.();
    this.letIn?.();
  }

  private async *pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.queue.shift();
      if (this.queue.length < maxQueuedPieces / 2) this.letIn?.();
      if (next !== undefined) yield next;
      else if (this.ended) return;
      else await new Promise<void>((resolve) => (this.wakeReader = resolve));
    }
  }
}
