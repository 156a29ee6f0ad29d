/**
 * A container's log on disk: one record a line in the kubelet's form (`TIME stream F|P text`), 10 MiB a file, five files. Files change at most every
 * ten seconds, as often as the kubelet looks: who follows a burst that is faster than itself misses nothing. A file is never renamed, so that a reader
 * can't take one for another. Who follows is told of every append; nothing polls. Upstream: pkg/kubelet/logs/container_log_manager.go
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../../base/clock.ts";

export const maxFileBytes: number = 10 * 1024 * 1024;
export const maxFiles = 5;
const fileLastsMs = 10_000;
/** Longer lines are cut into parts, so that one endless line can't fill the memory. */
const maxLineBytes = 16 * 1024;
const newline = 0x0a;

type StreamName = "stdout" | "stderr";

export interface LogFile {
  /** Oldest file first; the last is the one being written. */
  readonly segments: readonly string[];
  /** How many files were started so far: tells a follower that the one it reads was put aside. */
  readonly generation: number;
  readonly ended: boolean;
  append(stream: StreamName, data: Uint8Array): void;
  /** Writes what has no line break yet; no more appends. */
  end(): void;
  onChange(handler: () => void): Disposable;
}

/** What a reader needs of a log. */
export type ReadableLog = Pick<LogFile, "segments" | "generation" | "ended" | "onChange">;

export interface LogFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly maxFileBytes?: number | undefined;
}

export function openLogFile(options: LogFileOptions): LogFile {
  return new SegmentedLog(options);
}

class SegmentedLog implements LogFile {
  segments: readonly string[];
  generation = 0;
  ended = false;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #partial: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  readonly #handlers = new Set<() => void>();
  #file: number;
  #size = 0;
  #begunMs: number;

  constructor(options: LogFileOptions) {
    this.#path = options.path;
    this.#clock = options.clock;
    this.#limit = options.maxFileBytes ?? maxFileBytes;
    mkdirSync(dirname(options.path), { recursive: true });
    this.#file = openSync(options.path, "w", 0o640);
    this.segments = [options.path];
    this.#begunMs = this.#clock.now();
  }

  append(stream: StreamName, data: Uint8Array): void {
    if (this.ended) return;
    const held = this.#partial[stream];
    let rest = held.length === 0 ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.concat([held, data]);
    const records: Buffer[] = [];
    for (;;) {
      const end = rest.indexOf(newline);
      const length = end < 0 ? rest.length : end + 1;
      if (end < 0 && length < maxLineBytes) break;
      const whole = end >= 0 && length <= maxLineBytes;
      records.push(this.#record(stream, whole ? "F" : "P", rest.subarray(0, whole ? length - 1 : maxLineBytes)));
      rest = rest.subarray(whole ? length : maxLineBytes);
    }
    this.#partial[stream] = Buffer.from(rest);
    if (records.length > 0) this.#write(Buffer.concat(records));
  }

  end(): void {
    if (this.ended) return;
    const left = (["stdout", "stderr"] as const).filter((stream) => this.#partial[stream].length > 0);
    this.#write(Buffer.concat(left.map((stream) => this.#record(stream, "P", this.#partial[stream]))));
    this.ended = true;
    closeSync(this.#file);
    this.#tell();
  }

  onChange(handler: () => void): Disposable {
    this.#handlers.add(handler);
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  #record(stream: StreamName, tag: "F" | "P", text: Buffer): Buffer {
    const time = new Date(this.#clock.now()).toISOString().replace("Z", "000000Z");
    return Buffer.concat([Buffer.from(`${time} ${stream} ${tag} `), text, Buffer.of(newline)]);
  }

  #write(data: Buffer): void {
    if (data.length === 0) return;
    const isFull = this.#size > 0 && this.#size + data.length > this.#limit;
    if (isFull && this.#clock.now() - this.#begunMs >= fileLastsMs) this.#rotate();
    try {
      writeSync(this.#file, data);
      this.#size += data.length;
    } catch {
      // A full disk must not stop the container; its newest lines are lost, as with the kubelet.
    }
    this.#tell();
  }

  #rotate(): void {
    closeSync(this.#file);
    this.generation += 1;
    const next = `${this.#path}.${this.generation}`;
    const kept = [...this.segments, next];
    for (const old of kept.slice(0, Math.max(0, kept.length - maxFiles))) rmSync(old, { force: true });
    this.segments = kept.slice(-maxFiles);
    this.#file = openSync(next, "w", 0o640);
    this.#size = 0;
    this.#begunMs = this.#clock.now();
  }

  #tell(): void {
    for (const handler of this.#handlers) handler();
  }
}
