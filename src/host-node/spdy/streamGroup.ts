/** Several SPDY streams as the channels of one StreamSession: data and error of a forwarded connection, or stdin, stdout and the rest of an exec. */
import type { StreamFrame, StreamSession } from "../../machinery/http.ts";
import type { SpdyStream, StreamSink } from "./connection.ts";

/** Frames waiting for the session before the connection is held back. */
const maxQueuedFrames = 64;

export class StreamGroup implements StreamSession {
  readonly incoming: AsyncIterable<StreamFrame>;
  private readonly streams = new Map<number, SpdyStream>();
  private readonly queue: StreamFrame[] = [];
  private ended = false;
  private wakeReader: (() => void) | undefined;
  private room: (() => void)[] = [];

  constructor() {
    this.incoming = this.frames();
  }

  get size(): number {
    return this.streams.size;
  }

  has(channel: number): boolean {
    return this.streams.has(channel);
  }

  add(channel: number, stream: SpdyStream): StreamSink {
    this.streams.set(channel, stream);
    return { take: (data) => this.take({ channel, data }), gone: () => this.finish() };
  }

  /** What is meant for a stream that the client didn't open is dropped. */
  async send({ channel, data }: StreamFrame): Promise<void> {
    if (this.ended) throw new Error("the client has gone");
    const stream = this.streams.get(channel);
    if (data === null) await stream?.end();
    else await stream?.send(data);
  }

  close(): void {
    for (const stream of this.streams.values()) void stream.end();
    this.finish();
  }

  private async take(frame: StreamFrame): Promise<void> {
    if (this.ended) return;
    this.queue.push(frame);
    this.wakeReader?.();
    if (this.queue.length >= maxQueuedFrames) await new Promise<void>((resolve) => this.room.push(resolve));
  }

  private finish(): void {
    this.ended = true;
    this.wakeReader?.();
    this.letIn();
  }

  private letIn(): void {
    for (const resolve of this.room.splice(0)) resolve();
  }

  private async *frames(): AsyncGenerator<StreamFrame> {
    for (;;) {
      const frame = this.queue.shift();
      if (this.queue.length < maxQueuedFrames / 2) this.letIn();
      if (frame !== undefined) yield frame;
      else if (this.ended) return;
      else await new Promise<void>((resolve) => (this.wakeReader = resolve));
    }
  }
}
