/** Frames on their way to who reads a session, with back-pressure for who brings them. */
import type { StreamFrame } from "../machinery/http.ts";

/** Frames waiting for the reader before the one who brings them is held back. */
const maxQueuedFrames = 64;

export class FrameQueue {
  /** Ends with `end()`, after all that was put in. One reader. */
  readonly frames: AsyncIterable<StreamFrame>;
  private readonly waiting: StreamFrame[] = [];
  private ended = false;
  private loose = false;
  private wakeReader: (() => void) | undefined;
  private held: (() => void)[] = [];

  constructor() {
    this.frames = this.read();
  }

  /** Where the queue is full, a promise of room for another. What comes after the end is dropped. */
  put(frame: StreamFrame): Promise<void> | undefined {
    if (this.ended || (this.loose && this.waiting.length >= maxQueuedFrames)) return undefined;
    this.waiting.push(frame);
    this.wakeReader?.();
    return this.loose || this.waiting.length < maxQueuedFrames ? undefined : new Promise((resolve) => this.held.push(resolve));
  }

  /** From now on nobody is held back: what finds no room is dropped. */
  loosen(): void {
    this.loose = true;
    this.letIn();
  }

  end(): void {
    this.ended = true;
    this.wakeReader?.();
    this.letIn();
  }

  private letIn(): void {
    for (const resolve of this.held.splice(0)) resolve();
  }

  private async *read(): AsyncGenerator<StreamFrame> {
    for (;;) {
      const frame = this.waiting.shift();
      if (this.waiting.length < maxQueuedFrames / 2) this.letIn();
      if (frame !== undefined) yield frame;
      else if (this.ended) return;
      else await new Promise<void>((resolve) => (this.wakeReader = resolve));
    }
  }
}
