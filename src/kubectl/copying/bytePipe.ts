/** From a writer that waits to a reader that iterates: a piece is taken before the next one is. */

export class BytePipe {
  private piece: Uint8Array | undefined;
  private ended = false;
  private failure: { readonly error: unknown } | undefined;
  private wakeReader: (() => void) | undefined;
  private wakeWriter: (() => void) | undefined;

  /** Resolves when the reader has taken it, or reads no more. */
  async write(data: Uint8Array): Promise<void> {
    if (this.ended) return;
    this.piece = data;
    this.wakeReader?.();
    await new Promise<void>((resolve) => (this.wakeWriter = resolve));
  }

  end(): void {
    this.ended = true;
    this.wakeReader?.();
    this.wakeWriter?.();
  }

  /** The reader gets this error after what was written. */
  fail(error: unknown): void {
    this.failure = { error };
    this.end();
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const { piece } = this;
        if (piece !== undefined) {
          yield piece;
          this.piece = undefined;
          this.wakeWriter?.();
        } else if (this.failure !== undefined) throw this.failure.error;
        else if (this.ended) return;
        else await new Promise<void>((resolve) => (this.wakeReader = resolve));
      }
    } finally {
      this.end();
    }
  }
}
