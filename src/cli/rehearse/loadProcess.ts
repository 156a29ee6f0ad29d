/** The load generator at the other end of a link: a process of its own here, so that nothing else takes its time, or in a pod (clientPod.ts). */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import {
  type LedgerRow,
  type LoadGenerator,
  type LoadRun,
  type LoadSpec,
  type LoadTarget,
  RateRefused,
} from "../../rehearsal/ports/load.ts";
import { programFolder } from "../programs.ts";
import type { Message, Order } from "./loadServer.ts";

/** Lines to and from a generator. */
export interface LoadLink extends Disposable {
  write(text: string): void;
  /** Called once, before anything is written. `onEnd` says in a few words how the generator ended. */
  listen(onLine: (line: string) => void, onEnd: (how: string) => void): void;
}

/** `programs`: the folder of the built programs. */
export function processLink(programs: string = programFolder()): LoadLink {
  const child = spawn(process.execPath, [join(programs, "load.cjs")], { stdio: ["pipe", "pipe", "inherit"] });
  return {
    write: (text) => void child.stdin.write(text),
    listen(onLine, onEnd) {
      createInterface({ input: child.stdout }).on("line", onLine);
      child.stdin.on("error", () => undefined);
      child.on("error", ({ message }) => onEnd(`can't be started: ${message}`));
      child.on("exit", (code) => onEnd(`ended with exit code ${code ?? 0}`));
    },
    [Symbol.dispose]: () => void child.kill("SIGTERM"),
  };
}

interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: Error) => void;
}

export class RemoteGenerator implements LoadGenerator, Disposable {
  readonly #link: LoadLink;
  readonly #waiting: Waiting[] = [];
  #rows: LedgerRow[] = [];
  #ended: Error | undefined;

  constructor(link: LoadLink) {
    this.#link = link;
    link.listen(
      (line) => this.#take(JSON.parse(line) as Message),
      (how) => {
        this.#ended = new Error(`the load generator ${how}`);
        for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
      },
    );
  }

  async probe(spec: LoadSpec, target: LoadTarget, epochMs: number): Promise<LedgerRow> {
    return (await this.#ask({ type: "probe", spec, target, epochMs }, "probed")).row;
  }

  async measure(spec: LoadSpec): Promise<number> {
    return (await this.#ask({ type: "measure", spec }, "measured")).ceilingPerSecond;
  }

  async start(spec: LoadSpec, target: LoadTarget, epochMs: number): Promise<LoadRun> {
    this.#rows = [];
    await this.#ask({ type: "start", spec, target, epochMs }, "started");
    return { stop: () => this.#stop() };
  }

  [Symbol.dispose](): void {
    this.#link[Symbol.dispose]();
  }

  async #stop(): ReturnType<LoadRun["stop"]> {
    const stopped = await this.#ask({ type: "stop" }, "stopped");
    return { rows: this.#rows.sort((a, b) => a.id - b.id), health: stopped.health };
  }

  #take(message: Message): void {
    if (message.type === "rows") for (const row of message.rows) this.#rows.push(row);
    else this.#waiting.shift()?.resolve(message);
  }

  /** Throws RateRefused with the generator's own words where it refuses. */
  async #ask<T extends Message["type"]>(order: Order, wanted: T): Promise<Extract<Message, { readonly type: T }>> {
    if (this.#ended !== undefined) throw this.#ended;
    const message = await new Promise<Message>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#link.write(`${JSON.stringify(order)}\n`);
    });
    if (message.type === "refused") throw new RateRefused(message.message);
    if (!isOf(message, wanted)) throw new Error(`the load generator said "${message.type}" where "${wanted}" was to come`);
    return message;
  }
}

function isOf<T extends Message["type"]>(message: Message, type: T): message is Extract<Message, { readonly type: T }> {
  return message.type === type;
}
