/** A bounded queue of byte chunks with one reader: what a slow client doesn't take in time ends its stream instead of filling memory. */
export class ByteQueue {
  private chunks: Uint8Array[] = [];
  private readonly maxChunks: number;
  private waiting: (() => void) | undefined;
  private ended = false;

  constructor(maxChunks: number) {
    this.maxChunks = maxChunks;
  }

  get closed(): boolean {
    return this.ended;
  }

  /** False when the queue was full: it is closed then. */
  push(chunk: Uint8Array): boolean {
    if (this.ended) return false;
    if (this.chunks.length >= this.maxChunks) {
      this.end();
      return false;
    }
    this.chunks.push(chunk);
    this.wake();
    return true;
  }

  /** What is queued is still handed out. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  /** Everything queued so far as one chunk (one system call), or undefined at the end. */
  async take(): Promise<Uint8Array | undefined> {
    while (this.chunks.length === 0) {
      if (this.ended) return undefined;
      await new Promise<void>((resolve) => (this.waiting = resolve));
    }
    const taken = this.chunks;
    this.chunks = [];
    return join(taken);
  }

  private wake(): void {
    const wake = this.waiting;
    this.waiting = undefined;
    wake?.();
  }
}

export function join(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
