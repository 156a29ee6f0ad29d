/** Several SPDY streams as the channels of one StreamSession: data and error of a forwarded connection, or stdin, stdout and the rest of an exec. */
import type { StreamFrame, StreamSession } from "../../machinery/http.ts";
import { FrameQueue } from "../frameQueue.ts";
import type { SpdyStream, StreamSink } from "./connection.ts";

export class StreamGroup implements StreamSession {
  private readonly queue = new FrameQueue();
  readonly incoming: AsyncIterable<StreamFrame> = this.queue.frames;
  private readonly streams = new Map<number, SpdyStream>();
  private ended = false;

  get size(): number {
    return this.streams.size;
  }

  has(channel: number): boolean {
    return this.streams.has(channel);
  }

  add(channel: number, stream: SpdyStream): StreamSink {
    this.streams.set(channel, stream);
    return { take: async (data) => await this.queue.put({ channel, data }), gone: () => this.finish() };
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

  private finish(): void {
    this.ended = true;
    this.queue.end();
  }
}
