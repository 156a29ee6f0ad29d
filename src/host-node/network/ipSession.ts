/**
 * One `ip -batch -` kept open for the life of the agent: a change costs 1 ms instead of the 3 ms of starting `ip` anew. Each batch ends with
 * a query whose answer marks that everything before it is done.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { toolEnvironment } from "../tool.ts";

export class IpError extends Error {
  override readonly name = "IpError";
}

export interface IpSession extends AsyncDisposable {
  /** Runs the lines in order; rejects with what `ip` complained about, after all of them were tried. */
  run(lines: readonly string[]): Promise<void>;
}

const mark = "link show lo";
const answered = /^\d+: lo: .*\n.*link\/loopback.*\n/m;

export function openIpSession(): IpSession {
  let batches: Batches | undefined;
  return {
    run(lines) {
      // Whoever ended it: the next change starts another one.
      if (batches === undefined || batches.hasEnded) batches = new Batches();
      return batches.run(lines);
    },
    async [Symbol.asyncDispose]() {
      await batches?.end();
    },
  };
}

class Batches {
  #text = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { lines: readonly string[]; resolve: () => void; reject: (reason: Error) => void }[] = [];
  #ended = false;

  constructor() {
    // Through sh, because complaints and answers must come down one pipe in order.
    const stdio = ["pipe", "pipe", "inherit"] as const;
    const child = spawn("sh", ["-c", "exec ip -force -batch - 2>&1"], { env: toolEnvironment, stdio: [...stdio] });
    this.#child = child as unknown as ChildProcessWithoutNullStreams;
    this.#child.stdout.on("data", (data: Buffer) => this.#read(data.toString()));
    this.#child.stdin.on("error", () => undefined);
    child.once("error", (error) => this.#fail(new IpError(error.message)));
    child.once("exit", () => this.#fail(new IpError(`ip ended: ${this.#text.trim() || "no reason given"}`)));
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    const gone = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#child.stdin.end();
    await gone;
  }

  run(lines: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, resolve, reject });
      this.#child.stdin.write(`${[...lines, mark].join("\n")}\n`);
    });
  }

  #read(data: string): void {
    this.#text += data;
    for (let found = answered.exec(this.#text); found !== null; found = answered.exec(this.#text)) {
      const complaint = this.#text.slice(0, found.index).trim();
      this.#text = this.#text.slice(found.index + found[0].length);
      const batch = this.#waiting.shift();
      if (complaint === "") batch?.resolve();
      else batch?.reject(new IpError(`${complaint.replaceAll(/\s*Command failed -:\d+/g, "")} (${batch.lines.join("; ")})`));
    }
  }

  #fail(reason: Error): void {
    this.#ended = true;
    for (const batch of this.#waiting.splice(0)) batch.reject(reason);
  }
}
