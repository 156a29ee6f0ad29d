/**
 * A bounded queue between one producer that never waits and one consumer that does. Overflow is the producer's to handle: `push` gives false.
 */
export class AsyncQueue<T> implements AsyncIterable<T>, Disposable {
  private readonly items: T[] = [];
  private readonly limit: number;
  private waiting: (() => void) | undefined;
  private ended = false;
  private failure: unknown;

  /** `limit`: items that may wait. */
  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.items.length;
  }

  /** False when the queue is full or closed; the item is not taken then. */
  push(item: T): boolean {
    if (this.ended || this.items.length >= this.limit) return false;
    this.items.push(item);
    this.wake();
    return true;
  }

  /** The consumer gets what is queued, then the end, or `failure` thrown. */
  close(failure?: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    this.wake();
  }

  [Symbol.dispose](): void {
    this.items.length = 0;
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const batch = this.items.splice(0);
        for (const item of batch) yield item;
        if (batch.length > 0) continue;
        if (this.failure !== undefined) throw this.failure;
        if (this.ended) return;
        await new Promise<void>((resolve) => (this.waiting = resolve));
      }
    } finally {
      this[Symbol.dispose]();
    }
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    waiting?.();
  }
}
