/** Reads a container's log as the kubelet's log endpoint wants it: from the end, since a time, following. Holds one file open, survives rotation. */
import { type FileHandle, open } from "node:fs/promises";
import type { LogLine, LogOptions } from "../../kubelet/ports/runtime.ts";
import type { ReadableLog } from "./logFile.ts";

const blockBytes = 64 * 1024;
const newline = 0x0a;

export async function* readLog(log: ReadableLog, options: LogOptions): AsyncIterable<LogLine> {
  const { sinceMs, signal } = options;
  for await (const line of allRecords(log, options)) {
    if (signal?.aborted === true) return;
    if (sinceMs === undefined || line.timeMs >= sinceMs) yield line;
  }
}

async function* allRecords(log: ReadableLog, { tailLines, follow, signal }: LogOptions): AsyncIterable<LogLine> {
  const start = await startOf(log, tailLines);
  using changes = new Changes(log, signal);
  let { generation } = start;
  let reader = new Records(await openSegment(log, generation), start.offset);
  try {
    for (;;) {
      // What is seen before reading decides after it: nothing can slip in between.
      const { count } = changes;
      const { ended, generation: newest } = log;
      yield* reader;
      if (newest > generation) {
        // Rotation may have taken away more than one file meanwhile.
        generation = Math.max(generation + 1, oldestGeneration(log));
        reader = new Records(await openSegment(log, generation), 0, reader);
      } else if (ended || !follow || changes.aborted) return;
      else await changes.after(count);
    }
  } finally {
    await reader.close();
  }
}

function oldestGeneration(log: ReadableLog): number {
  return log.generation - log.segments.length + 1;
}

/** A file that was rotated away while we looked reads as empty. */
async function openSegment(log: ReadableLog, generation: number): Promise<FileHandle | undefined> {
  const pathNow = (): string | undefined => log.segments[generation - oldestGeneration(log)];
  for (let path = pathNow(); path !== undefined; path = pathNow()) {
    const file = await open(path).catch(() => undefined);
    if (path === pathNow()) return file;
    // It got another name meanwhile, and what was opened may be the next one.
    await file?.close();
  }
  return undefined;
}

/** Where the last `tailLines` lines begin. Upstream: pkg/util/tail/tail.go */
async function startOf(log: ReadableLog, tailLines: number | undefined): Promise<{ readonly generation: number; readonly offset: number }> {
  const oldest = oldestGeneration(log);
  if (tailLines === undefined) return { generation: oldest, offset: 0 };
  let wanted = tailLines;
  for (let generation = log.generation; generation >= oldest; generation -= 1) {
    const file = await openSegment(log, generation);
    if (file === undefined) break;
    try {
      const found = await tailOffset(file, wanted);
      if (found.offset >= 0) return { generation, offset: found.offset };
      wanted -= found.lines;
    } finally {
      await file.close();
    }
  }
  return { generation: oldest, offset: 0 };
}

/** The offset of the line that is `lines` from the end, or -1 and how many lines there are. */
async function tailOffset(file: FileHandle, lines: number): Promise<{ readonly offset: number; readonly lines: number }> {
  const { size } = await file.stat();
  if (lines <= 0) return { offset: size, lines: 0 };
  const block = Buffer.alloc(blockBytes);
  let seen = 0;
  for (let end = size; end > 0; end -= blockBytes) {
    const begin = Math.max(0, end - blockBytes);
    const { bytesRead } = await file.read(block, 0, end - begin, begin);
    for (let i = bytesRead - 1; i >= 0; i -= 1) {
      if (block[i] !== newline) continue;
      if (seen === lines) return { offset: begin + i + 1, lines: seen };
      seen += 1;
    }
  }
  return seen === lines ? { offset: 0, lines: seen } : { offset: -1, lines: seen };
}

/**
 * Whole records from a file that grows; iterating again goes on where it stopped. A runtime may write to the file `before` until it has written to
 * this one, so that is read to its end once more then.
 */
class Records implements AsyncIterable<LogLine> {
  readonly #file: FileHandle | undefined;
  #offset: number;
  #before: Records | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle | undefined, offset: number, before?: Records) {
    this.#file = file;
    this.#offset = offset;
    this.#before = before;
  }

  async close(): Promise<void> {
    await this.#before?.close();
    await this.#file?.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<LogLine> {
    const block = Buffer.alloc(blockBytes);
    for (;;) {
      const bytesRead = this.#file === undefined ? 0 : (await this.#file.read(block, 0, blockBytes, this.#offset)).bytesRead;
      if (bytesRead === 0) return;
      if (this.#before !== undefined) {
        yield* this.#before;
        await this.#before.close();
        this.#before = undefined;
      }
      this.#offset += bytesRead;
      let rest = Buffer.concat([this.#rest, block.subarray(0, bytesRead)]);
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
        const line = parseRecord(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
        this.#rest = rest;
        if (line !== undefined) yield line;
      }
      this.#rest = rest;
    }
  }
}

function parseRecord(record: Buffer): LogLine | undefined {
  const first = record.indexOf(0x20);
  const second = record.indexOf(0x20, first + 1);
  const third = record.indexOf(0x20, second + 1);
  if (third < 0) return undefined;
  const timeMs = Date.parse(record.toString("latin1", 0, first));
  const stream = record.toString("latin1", first + 1, second);
  if (Number.isNaN(timeMs) || (stream !== "stdout" && stream !== "stderr")) return undefined;
  const text = record.subarray(third + 1);
  const whole = record[second + 1] === 0x46;
  return { timeMs, stream, text: whole ? Buffer.concat([text, Buffer.of(newline)]) : text };
}

/** Waits for the next change after one that was seen, without missing any in between. */
class Changes implements Disposable {
  count = 0;
  #wake: (() => void) | undefined;
  readonly #handle: Disposable;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#wake?.();

  constructor(log: ReadableLog, signal: AbortSignal | undefined) {
    this.#handle = log.onChange(() => {
      this.count += 1;
      this.#wake?.();
    });
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  get aborted(): boolean {
    return this.#signal?.aborted === true;
  }

  async after(seen: number): Promise<void> {
    if (this.count > seen || this.aborted) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }

  [Symbol.dispose](): void {
    this.#handle[Symbol.dispose]();
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
