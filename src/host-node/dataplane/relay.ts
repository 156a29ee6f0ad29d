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
}
export interface RelayTarget {
  readonly backends: readonly Backend[];
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
    server.once("error", () => client.resetAndDestroy());
    server.once("close", () => (client.writableFinished || client.destroyed ? undefined : client.end()));
    client.pipe(server);
    server.pipe(client);
  }

  pick(clientAddress: string): Backend | undefined {
    const { backends, affinitySeconds } = this.#target;
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

  /** Ends the connections that are open. */
  close(): void {
    for (const client of this.#open) client.destroy();
  }
}
