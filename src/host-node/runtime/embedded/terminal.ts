/**
 * A terminal without a native module: `script` (util-linux) makes one and runs a command on it. Sizes are set from outside by `stty` on the
 * terminal's own path. The terminal belongs to the agent's own /dev/pts, so `tty` inside can't name it.
 */
import { readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runTool } from "../../tool.ts";
import { shellQuoted } from "./shellQuoted.ts";

let scripts = 0;

/** A command that runs `words` on a new terminal. They go into a file below `folder`, since `script` takes one shell line. */
export function onTerminal(words: readonly string[], folder: string): readonly string[] {
  scripts += 1;
  const path = join(folder, `terminal-${scripts}`);
  writeFileSync(path, `exec ${words.map(shellQuoted).join(" ")}\n`);
  return ["/usr/bin/script", "-q", "-e", "-f", "-c", `exec /bin/sh ${shellQuoted(path)}`, "/dev/null"];
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

const retryMs = 10;
const maxTries = 200;

/**
 * Sets a terminal's size from outside; the newest one wins. Clients send the first size before the program has its terminal, so it waits for that.
 * `pids`: processes of which one is on the terminal, sooner or later.
 */
export class TerminalSizer {
  readonly #pids: () => readonly number[];
  #wanted: TerminalSize | undefined;
  #busy = false;

  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
  }

  resize(size: TerminalSize): void {
    this.#wanted = size;
    if (!this.#busy) void this.#apply();
  }

  async #apply(): Promise<void> {
    this.#busy = true;
    for (let tries = 0; this.#wanted !== undefined && tries < maxTries; tries += 1) {
      const path = terminalOf(this.#pids());
      if (path === undefined) {
        await wait(retryMs);
        continue;
      }
      const { width, height } = this.#wanted;
      this.#wanted = undefined;
      // It may have gone meanwhile: nothing is left to resize.
      await runTool("stty", ["-F", path, "cols", String(width), "rows", String(height)]).catch(() => undefined);
    }
    this.#busy = false;
  }
}

function terminalOf(pids: readonly number[]): string | undefined {
  for (const pid of pids) {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/0`);
      if (path.startsWith("/dev/pts/")) return path;
    } catch {
      // Gone, or not ours to see.
    }
  }
  return undefined;
}
