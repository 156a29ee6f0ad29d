/** Logs, exec, attach and port-forward of the embedded runtime. What a client started ends when the client goes. */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { PassThrough, type Readable, Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { StreamSession } from "../../../machinery/http.ts";
import type { ExecOptions, LogLine, LogOptions, Streams } from "../../../kubelet/ports/runtime.ts";
import { readLog } from "../../logs/readLog.ts";
import { forwardPort } from "../portForward.ts";
import { endGroup, parentOf, treeOf } from "../processes.ts";
import { copyStreams, exitOf, sendExit } from "../session.ts";
import type { Container, NamespaceContainers } from "./containers.ts";
import { insideToolsName } from "./insideTools.ts";
import { execLaunch, type Launch } from "./launch.ts";
import type { PipedChild, Pipes } from "./pipes.ts";
import type { NamespaceSandboxes } from "./sandboxes.ts";
import { type TerminalSize, TerminalSizer } from "./terminal.ts";

/** What execSync keeps of each stream: probes and hooks, not data transfer. */
const maxSyncBytes = 1024 * 1024;

export class NamespaceStreams implements Streams {
  readonly #containers: NamespaceContainers;
  readonly #sandboxes: NamespaceSandboxes;
  readonly #pipes: Pipes;

  constructor(containers: NamespaceContainers, sandboxes: NamespaceSandboxes, pipes: Pipes) {
    this.#pipes = pipes;
    this.#containers = containers;
    this.#sandboxes = sandboxes;
  }

  logs(containerId: string, options: LogOptions): AsyncIterable<LogLine> {
    const container = this.#containers.get(containerId);
    if (container === undefined) throw new Error(`no container ${containerId}`);
    return readLog(container.log, options);
  }

  async execSync(
    containerId: string,
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{ exitCode: number; stdout: Uint8Array; stderr: Uint8Array; timedOut: boolean }> {
    const container = this.#running(containerId);
    await entered(container);
    const { child, stdout, stderr } = await this.#spawn(this.#launch(container, command, false), false);
    const out = gather(stdout);
    const err = gather(stderr);
    let timedOut = false;
    const end = (): void => {
      timedOut = true;
      endGroup(child);
    };
    const timer = timeoutMs > 0 ? setTimeout(end, timeoutMs) : undefined;
    const exitCode = await exitOf(child, constants.signals);
    clearTimeout(timer);
    return { exitCode, stdout: await out, stderr: await err, timedOut };
  }

  async exec(containerId: string, options: ExecOptions, peer: StreamSession): Promise<void> {
    const container = this.#running(containerId);
    await entered(container);
    const launch = this.#launch(container, options.command, options.tty);
    const { child, stdin, stdout, stderr } = await this.#spawn(launch, options.stdin || options.tty);
    const exited = exitOf(child, constants.signals);
    const sizer = new TerminalSizer(() => treeOf(child.pid ?? 0));
    const resize = options.tty ? (size: TerminalSize) => sizer.resize(size) : undefined;
    if (!options.stdin) stdin?.end();
    const ends = { stdin: options.stdin ? stdin : null, stdout, stderr, resize };
    await copyStreams(ends, peer, () => endGroup(child));
    await sendExit(peer, await exited);
    peer.close();
  }

  async attach(containerId: string, options: Omit<ExecOptions, "command">, peer: StreamSession): Promise<void> {
    const container = this.#running(containerId);
    const { child } = container;
    if (child === undefined) throw new Error(`container ${containerId} is not running`);
    const stdout = options.stdout ? tapOf(child.stdout) : null;
    const stderr = options.stderr && !options.tty ? tapOf(child.stderr) : null;
    const sizer = new TerminalSizer(() => [container.pid]);
    const resize = options.tty ? (size: TerminalSize) => sizer.resize(size) : undefined;
    const leave = (): void => {
      stdout?.destroy();
      stderr?.destroy();
    };
    // The container's stdin stays open for the next who attaches, unless it was asked to close with the first.
    const stdin = options.stdin ? stdinOf(child.stdin, container.config.stdinOnce) : null;
    await copyStreams({ stdin, stdout, stderr, resize }, peer, leave);
    // How the container ended is in its status: a session that carried everything has succeeded.
    await sendExit(peer, 0);
    peer.close();
  }

  async portForward(sandboxId: string, port: number, peer: StreamSession): Promise<void> {
    const sandbox = this.#sandboxes.get(sandboxId);
    if (sandbox?.state !== "ready") throw new Error(`sandbox ${sandboxId} is not running`);
    await forwardPort({ sandboxId, ip: sandbox.ip, pid: sandbox.pid }, port, peer);
  }

  #running(containerId: string): Container {
    const container = this.#containers.get(containerId);
    if (container === undefined || container.pid === 0) throw new Error(`container ${containerId} is not running`);
    return container;
  }

  #launch(container: Container, command: readonly string[], tty: boolean): Launch {
    const { pid, folder, privileges } = container;
    const env = tty ? new Map([["TERM", "xterm"], ...container.env]) : container.env;
    return execLaunch({ pid, parentPid: parentOf(pid), folder, tty, privileges, env, command });
  }

  #spawn(launch: Launch, stdin: boolean): Promise<PipedChild> {
    // A group of its own: what the command started can be ended with it.
    return this.#pipes.spawn(launch, { stdin, detached: true });
  }
}

/** A container counts as started a moment before its process 1 stands in its own root: commands wait for that. */
async function entered(container: Container): Promise<void> {
  const root = `/proc/${container.pid}/root`;
  while (container.pid !== 0 && existsSync(root) && !existsSync(join(root, "dev", insideToolsName))) await wait(1);
}

function gather(from: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  from.on("data", (data: Buffer) => {
    if (size < maxSyncBytes) chunks.push(data.subarray(0, maxSyncBytes - size));
    size += data.length;
  });
  return new Promise((resolve) => {
    from.once("close", () => resolve(Buffer.concat(chunks)));
  });
}

/** A copy of what comes from now on; the log keeps reading the original. */
function tapOf(from: Readable): PassThrough {
  const copy = new PassThrough();
  const onData = (data: Buffer): void => void copy.write(data);
  from.on("data", onData);
  from.once("close", () => copy.end());
  copy.once("close", () => from.off("data", onData));
  return copy;
}

function stdinOf(to: Writable | null, once: boolean): Writable | null {
  if (to === null || once) return to;
  return new Writable({ write: (data: Buffer, _encoding, done) => void to.write(data, () => done()) });
}
