/**
 * Connections to one server, used again and again. Before another is opened, a request waits for one to come free for as long as opening the first took:
 * over TLS that is longer, for both sides, than most answers take.
 */
import type { Duplex } from "node:stream";
import { orAborted } from "../../../client/orAborted.ts";

export interface Taken {
  readonly socket: Duplex;
  /** It has served a request before, and the server may just be closing it. */
  readonly used: boolean;
}

export class Pool {
  private readonly open: () => Promise<Duplex>;
  private readonly all = new Set<Duplex>();
  private readonly idle = new Set<Duplex>();
  private readonly waiting = new Set<(socket: Duplex | undefined) => void>();
  private first: Promise<{ readonly tookMs: number }> | undefined;

  constructor(open: () => Promise<Duplex>) {
    this.open = open;
  }

  async take(signal: AbortSignal): Promise<Taken> {
    const { first } = this;
    const socket = first === undefined ? undefined : (this.takeIdle() ?? (await orAborted(this.comesFree(first), signal)));
    if (socket !== undefined) return { socket, used: true };
    return { socket: await orAborted(this.another(), signal), used: false };
  }

  async another(): Promise<Duplex> {
    const startedMs = performance.now();
    const opening = this.open();
    // Where the first fails, the others find out for themselves.
    this.first ??= opening.then(
      () => ({ tookMs: performance.now() - startedMs }),
      () => ({ tookMs: 0 }),
    );
    const socket = await opening;
    this.all.add(socket);
    socket.once("close", () => {
      this.all.delete(socket);
      this.idle.delete(socket);
    });
    // Told to whom the connection serves at the time; idle, nobody.
    socket.on("error", () => undefined);
    // Nothing was asked: whatever this is, it would be taken for the next answer.
    socket.on("data", () => void (this.idle.has(socket) && socket.destroy()));
    return socket;
  }

  release(socket: Duplex): void {
    const [waiter] = this.waiting;
    if (waiter === undefined) this.idle.add(socket);
    else waiter(socket);
  }

  close(): void {
    for (const socket of this.all) socket.destroy();
  }

  private takeIdle(): Duplex | undefined {
    const [socket] = this.idle;
    if (socket !== undefined) this.idle.delete(socket);
    return socket;
  }

  private async comesFree(first: Promise<{ readonly tookMs: number }>): Promise<Duplex | undefined> {
    const { tookMs } = await first;
    if (this.all.size === 0) return undefined;
    return (
      this.takeIdle() ??
      (await new Promise((resolve) => {
        const done = (socket: Duplex | undefined): void => {
          this.waiting.delete(done);
          clearTimeout(timer);
          resolve(socket);
        };
        const timer = setTimeout(() => done(undefined), tookMs);
        this.waiting.add(done);
      }))
    );
  }
}
