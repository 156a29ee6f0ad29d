/** The log of a simulated container: the last lines, and whoever follows them. */
import type { LogLine, LogOptions } from "../ports/runtime.ts";

const maxLines = 1000;
const encoder = new TextEncoder();

export class SimulatedLog {
  private readonly lines: LogLine[] = [];
  private dropped = 0;
  private closed = false;
  private readonly waiting = new Set<() => void>();

  write(timeMs: number, text: string): void {
    this.lines.push({ timeMs, stream: "stdout", text: encoder.encode(`${text}\n`) });
    if (this.lines.length > maxLines) {
      this.lines.shift();
      this.dropped += 1;
    }
    this.awaken();
  }

  /** The container has ended: nothing more will come. */
  close(): void {
    this.closed = true;
    this.awaken();
  }

  async *read(options: LogOptions): AsyncIterable<LogLine> {
    const { sinceMs, tailLines, follow, signal } = options;
    const recent = this.lines.findIndex((line) => sinceMs === undefined || line.timeMs >= sinceMs);
    let at = this.dropped + (recent < 0 ? this.lines.length : recent);
    if (tailLines !== undefined) at = Math.max(at, this.dropped + this.lines.length - tailLines);
    for (;;) {
      at = Math.max(at, this.dropped);
      const line = this.lines[at - this.dropped];
      if (line !== undefined) {
        at += 1;
        yield line;
      } else if (!follow || this.closed || signal?.aborted === true) {
        return;
      } else {
        await this.more(signal);
      }
    }
  }

  private awaken(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  private more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", wake);
        this.waiting.delete(wake);
        resolve();
      };
      this.waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }
}
