/** The agent's record of connections (host-node/connectionTrace.ts), as a rehearsal begins and reads it. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { traceFile, traceSwitch } from "../../host-node/connectionTrace.ts";
import type { ConnectionRecord } from "../../rehearsal/connections.ts";
import { CommandError } from "../command.ts";

const lookMs = 5;
/** How much the agent may have written behind a mark before it is looked for. */
const tailBytes = 256 * 1024;

export class ConnectionFile {
  readonly #folder: string;
  readonly #answerMs: number;
  #marks = 0;

  /** `folder`: the cluster's run folder. */
  constructor(folder: string, answerMs = 10_000) {
    this.#folder = folder;
    this.#answerMs = answerMs;
  }

  /** Resolves when connections are written down. */
  async begin(): Promise<void> {
    if (await this.#marked()) return;
    throw new CommandError("The cluster doesn't tell of its connections: stop it and start it anew ('cox down', 'cox up').");
  }

  /** All up to now. */
  async read(): Promise<readonly ConnectionRecord[]> {
    await this.#marked();
    const path = join(this.#folder, traceFile);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").split("\n");
    // The last line may be half written.
    const records = lines.slice(0, -1).map((line) => JSON.parse(line) as ConnectionRecord | { readonly type: "mark" });
    return records.filter((record) => record.type !== "mark");
  }

  end(): void {
    for (const name of [traceSwitch, traceFile]) rmSync(join(this.#folder, name), { force: true });
  }

  /** Whether the agent has written down our mark, and with it all that came before. */
  async #marked(): Promise<boolean> {
    this.#marks += 1;
    const mark = `${process.pid}-${this.#marks}`;
    writeFileSync(join(this.#folder, traceSwitch), mark);
    for (let waitedMs = 0; waitedMs < this.#answerMs; waitedMs += lookMs) {
      if (tailOf(join(this.#folder, traceFile)).includes(`"mark":"${mark}"}\n`)) return true;
      await wait(lookMs);
    }
    return false;
  }
}

function tailOf(path: string): string {
  if (!existsSync(path)) return "";
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString();
  } finally {
    closeSync(file);
  }
}
