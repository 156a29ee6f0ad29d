/** Access and error logs in nginx's forms. As in the image, the default paths are links to the container's stdout and stderr. */
import { appendFile, readlinkSync } from "node:fs";

const flushMs = 20;

export type Level = "emerg" | "error" | "warn" | "notice" | "info";

export class LogSink {
  readonly #path: string;
  #held: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = resolveLink(path);
  }

  /** Lines are written together: one system call for many requests. */
  write(line: string): void {
    this.#held.push(line);
    this.#timer ??= setTimeout(() => this.flush(), flushMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#held.length === 0) return;
    const text = this.#held.join("");
    this.#held = [];
    if (this.#path === "/dev/stdout") process.stdout.write(text);
    else if (this.#path === "/dev/stderr" || this.#path === "stderr") process.stderr.write(text);
    else appendFile(this.#path, text, () => undefined);
  }
}

export function errorLine(level: Level, message: string): string {
  const now = new Date().toISOString();
  return `${now.slice(0, 10).replaceAll("-", "/")} ${now.slice(11, 19)} [${level}] ${process.pid}#${process.pid}: ${message}\n`;
}

function resolveLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return path;
  }
}
