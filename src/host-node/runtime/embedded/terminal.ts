/**
 * A terminal without a native module: `script` (util-linux) makes one and runs a command on it. It must run where /dev/pts is the container's
 * (launch.ts), so that `tty` inside names it. Sizes are set from outside by `stty`. Left out: /dev/console.
 */
import { readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runTool } from "../../tool.ts";
import { shellQuoted } from "./shellQuoted.ts";

let scripts = 0;

export interface TerminalPlace {
  /** For the file that holds the words, since `script` takes one shell line. */
  readonly folder: string;
  /** Whom the terminal is given to; undefined: it stays with the agent's user. */
  readonly owner: number | undefined;
}

/** A command that runs `words` on a new terminal. */
export function onTerminal(words: readonly string[], { folder, owner }: TerminalPlace): readonly string[] {
  scripts += 1;
  const path = join(folder, `terminal-${scripts}`);
  const give = owner === undefined ? "" : `/bin/chown ${owner} /proc/self/fd/0\n`;
  writeFileSync(path, `${give}exec ${words.map(shellQuoted).join(" ")}\n`);
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
      // The path is one inside the container: here another terminal may have it.
      if (path.startsWith("/dev/pts/")) return `/proc/${pid}/fd/0`;
    } catch {
      // Gone, or not ours to see.
    }
  }
  return undefined;
}
