/**
 * One Service port in user space: takes a connection, picks a backend, copies both ways with back-pressure and half-close. A failed dial resets the
 * client, as the kernel's forwarding would: what a release drops must be seen. New connections use the newest backends at once.
 */
import { createConnection, type Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { below, type Rng } from "../../base/rng.ts";
import type { Backend } from "../../proxy/ports/dataPlane.ts";

export interface RelayDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Told of each connection, by the client's port. */
  readonly trace?: RelayTrace | undefined;
}
export interface RelayTrace {
  /** `backend` undefined: there was none. */
  picked(clientPort: number, backend: Backend | undefined): void;
  /** The backend could not be dialled, or broke the connection off: the system's code. */
  failed(clientPort: number, code: string): void;
}
export interface RelayTarget {
  readonly backends: readonly Backend[];
  /** By node; a connection goes by the view of the node that it happens to come in through. */
  readonly views?: Readonly<Record<string, readonly Backend[]>> | undefined;
  readonly affinitySeconds: number;
}

/** Clients remembered for session affinity; the oldest is forgotten first. */
const maxClients = 10_000;
const dialTimeoutMs = 10_000;

export class Relay {
  readonly #deps: RelayDeps;
  #target: RelayTarget;
  readonly #clients = new Map<string, { readonly backend: Backend; readonly untilMs: number }>();
  readonly #open = new Set<Socket>();

  constructor(deps: RelayDeps, target: RelayTarget) {
    this.#deps = deps;
    this.#target = target;
  }

  retarget(target: RelayTarget): void {
    this.#target = target;
  }

  /** `client` must allow half-open connections. */
  accept(client: Socket): void {
    const backend = this.pick(client.remoteAddress ?? "");
    const { trace } = this.#deps;
    const clientPort = client.remotePort ?? 0;
    trace?.picked(clientPort, backend);
    client.on("error", () => client.destroy());
    if (backend === undefined) {
      client.resetAndDestroy();
      return;
    }
    const server = createConnection({ host: backend.ip, port: backend.port, allowHalfOpen: true, noDelay: true });
    const timer = this.#deps.clock.after(dialTimeoutMs, () => server.destroy(new Error("dial timed out")));
    server.once("connect", () => timer[Symbol.dispose]());
    this.#open.add(client);
    client.once("close", () => {
      this.#open.delete(client);
      timer[Symbol.dispose]();
      server.destroy();
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      trace?.failed(clientPort, error.code ?? error.message);
      client.resetAndDestroy();
    });
    server.once("close", () => (client.writableFinished || client.destroyed ? undefined : client.end()));
    client.pipe(server);
    server.pipe(client);
  }

  pick(clientAddress: string): Backend | undefined {
    const { affinitySeconds } = this.#target;
    const backends = this.#view();
    if (affinitySeconds === 0) return backends[below(this.#deps.rng, backends.length)];
    const now = this.#deps.clock.now();
    const known = this.#clients.get(clientAddress);
    const same = known === undefined ? undefined : backends.find(({ ip, port }) => ip === known.backend.ip && port === known.backend.port);
    const backend = same !== undefined && (known?.untilMs ?? 0) > now ? same : backends[below(this.#deps.rng, backends.length)];
    if (backend === undefined) return undefined;
    this.#clients.delete(clientAddress);
    this.#clients.set(clientAddress, { backend, untilMs: now + affinitySeconds * 1000 });
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= maxClients) break;
      this.#clients.delete(oldest);
    }
    return backend;
  }

  #view(): readonly Backend[] {
    const { backends, views } = this.#target;
    if (views === undefined) return backends;
    const all = Object.values(views);
    return all[below(this.#deps.rng, all.length)] ?? backends;
  }

  /** Ends the connections that are open. */
  close(): void {
    for (const client of this.#open) client.destroy();
  }
}
