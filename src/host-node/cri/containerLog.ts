/**
 * A log that the container runtime writes, in the shape our reader takes. Who follows is woken by the file system; rotation is the kubelet's, so ours:
 * the file is put aside under a numbered name and the runtime begins a new one. Upstream: pkg/kubelet/logs/container_log_manager.go
 */
import { existsSync, type FSWatcher, readdirSync, watch } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { maxFileBytes, maxFiles, type ReadableLog } from "../logs/logFile.ts";

export class ContainerLog implements ReadableLog {
  readonly #path: string;
  readonly #handlers = new Set<() => void>();
  #watcher: FSWatcher | undefined;
  #ended: boolean;

  /** `ended`: the container writes no more. */
  constructor(path: string, ended: boolean) {
    this.#path = path;
    this.#ended = ended;
  }

  get segments(): readonly string[] {
    return this.#files().segments;
  }

  get generation(): number {
    return this.#files().generation;
  }

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
    this.#tell();
  }

  onChange(handler: () => void): Disposable {
    this.#handlers.add(handler);
    // The folder, not the file: that one changes its name.
    this.#watcher ??= watch(dirname(this.#path), () => this.#tell());
    this.#watcher.on("error", () => undefined);
    return {
      [Symbol.dispose]: () => {
        this.#handlers.delete(handler);
        if (this.#handlers.size > 0) return;
        this.#watcher?.close();
        this.#watcher = undefined;
      },
    };
  }

  #tell(): void {
    for (const handler of this.#handlers) handler();
  }

  /** A file that was put aside stays the one in use until the runtime has begun the next. */
  #files(): Pick<ReadableLog, "segments" | "generation"> {
    const numbers = rotated(this.#path);
    const aside = numbers.map((number) => `${this.#path}.${number}`);
    const last = numbers.at(-1) ?? 0;
    if (last > 0 && !existsSync(this.#path)) return { segments: aside, generation: last - 1 };
    return { segments: [...aside, this.#path], generation: last };
  }
}

function rotated(path: string): readonly number[] {
  const prefix = `${basename(path)}.`;
  let names: readonly string[] = [];
  try {
    names = readdirSync(dirname(path));
  } catch {
    // The pod is gone, and its logs with it.
  }
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

/** Puts a log aside that has grown too long. `reopen` makes the runtime begin a new file. */
export async function rotateLog(path: string, reopen: () => Promise<void>): Promise<boolean> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size < maxFileBytes) return false;
  const numbers = rotated(path);
  const aside = `${path}.${(numbers.at(-1) ?? 0) + 1}`;
  await rename(path, aside);
  try {
    await reopen();
  } catch (error) {
    // The runtime writes to the old file still, unless it was only its answer that failed.
    if (!existsSync(path)) await rename(aside, path);
    throw error;
  }
  for (const old of numbers.slice(0, Math.max(0, numbers.length + 2 - maxFiles))) await rm(`${path}.${old}`, { force: true });
  return true;
}
