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
  // Through sh, because complaints and answers must come down one pipe in order.
  const child = spawn("sh", ["-c", "exec ip -force -batch - 2>&1"], { env: toolEnvironment, stdio: ["pipe", "pipe", "inherit"] });
  const batches = new Batches(child as unknown as ChildProcessWithoutNullStreams);
  return {
    run: (lines) => batches.run(lines),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.stdin.end();
      await gone;
    },
  };
}

class Batches {
  #text = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { lines: readonly string[]; resolve: () => void; reject: (reason: Error) => void }[] = [];

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdout.on("data", (data: Buffer) => this.#read(data.toString()));
    child.stdin.on("error", () => undefined);
    child.once("error", (error) => this.#fail(new IpError(error.message)));
    child.once("exit", () => this.#fail(new IpError(`ip ended: ${this.#text.trim() || "no reason given"}`)));
  }

  run(lines: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null) return reject(new IpError("ip has ended"));
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
    for (const batch of this.#waiting.splice(0)) batch.reject(reason);
  }
}
