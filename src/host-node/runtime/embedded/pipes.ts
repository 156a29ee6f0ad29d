/**
 * Starts children whose standard streams are pipes. Node makes sockets for them, and a socket can't be opened again by a path: `/dev/stdout`,
 * where images link their logs to, would be refused inside. Pipes with names are the only ones that Node gets at; their names go at once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { runTool } from "../../tool.ts";
import type { Launch } from "./launch.ts";

export interface PipedChild {
  readonly child: ChildProcess;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** File descriptor 3 of the child, when it was asked for. */
  readonly status: Readable | null;
  /** Nobody holds the other end of stdout and stderr any more, and all of them was read. */
  readonly closed: Promise<void>;
}

export interface PipedSpawn {
  readonly stdin: boolean;
  readonly status?: boolean;
  /** In a process group of its own. */
  readonly detached?: boolean;
}

/** Made in one go by one run of `mkfifo`: one run per child would cost as much as an exec. */
const batch = 16;
/** Whoever a container's processes run as may open their own streams; nobody else gets at them. */
const mode = "0666";

export class Pipes {
  readonly #folder: string;
  readonly #ready: string[] = [];
  #refill: Promise<void> | undefined;
  #made = 0;

  /** `folder` is made, on the agent's own tmpfs. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder);
  }

  async spawn({ file, args, env }: Launch, { stdin, status = false, detached = false }: PipedSpawn): Promise<PipedChild> {
    const names = await Promise.all([this.#take(), this.#take(), ...(stdin ? [this.#take()] : [])]);
    const out = outputOf(names[0]);
    const err = outputOf(names[1]);
    const input = names[2] === undefined ? { theirs: "ignore" as const, stream: null } : inputOf(names[2]);
    for (const name of names) rmSync(name);
    const ends = [input.theirs, out.theirs, err.theirs];
    const child = spawn(file, args, { env, detached, stdio: status ? [...ends, "pipe"] : ends });
    for (const each of ends) if (each !== "ignore") closeSync(each);
    const closed = Promise.all([closeOf(out.stream), closeOf(err.stream)]).then(() => undefined);
    return {
      child,
      stdin: input.stream,
      stdout: out.stream,
      stderr: err.stream,
      status: status ? (child.stdio[3] as Readable) : null,
      closed,
    };
  }

  async #take(): Promise<string> {
    for (;;) {
      const name = this.#ready.pop();
      if (name === undefined) await this.#more();
      else {
        // The next ones come in time; who finds none will wait for them and hear what is wrong.
        if (this.#ready.length < batch / 2) this.#more().catch(() => undefined);
        return name;
      }
    }
  }

  #more(): Promise<void> {
    this.#refill ??= this.#make().finally(() => (this.#refill = undefined));
    return this.#refill;
  }

  async #make(): Promise<void> {
    const names = Array.from({ length: batch }, (_, i) => join(this.#folder, String(this.#made + i)));
    this.#made += batch;
    await runTool("mkfifo", ["-m", mode, ...names]);
    this.#ready.push(...names);
  }
}

interface Ends {
  /** The child's. Only ours doesn't block: a program must see a pipe as it knows it. */
  readonly theirs: number;
  readonly stream: Socket;
}

function outputOf(name: string): Ends {
  const ours = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = quiet(new Socket({ fd: ours, readable: true, writable: false }));
  return { theirs: openSync(name, constants.O_WRONLY), stream };
}

function inputOf(name: string): Ends {
  // Opening one end alone would wait for the other.
  const both = openSync(name, constants.O_RDWR);
  const theirs = openSync(name, constants.O_RDONLY);
  const ours = openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
  closeSync(both);
  return { theirs, stream: quiet(new Socket({ fd: ours, readable: false, writable: true })) };
}

/** An end that breaks closes, which is what its reader looks at. */
function quiet(stream: Socket): Socket {
  return stream.on("error", () => undefined);
}

function closeOf(stream: Socket): Promise<void> {
  return new Promise((resolve) => stream.once("close", () => resolve()));
}
