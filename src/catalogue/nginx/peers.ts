/**
 * Which server of an upstream gets the next request: smooth weighted turns, fewest connections, or by client address; a server that failed too often
 * rests for a while. Upstream: nginx's ngx_http_upstream_round_robin.c
 */
import type { Upstream, UpstreamServer } from "./settings.ts";

export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly server: UpstreamServer;
  current: number;
  /** Requests under way. */
  active: number;
  fails: number;
  failedAtMs: number;
}

export class Peers {
  readonly upstream: Upstream;
  readonly #peers: readonly Peer[];

  /** `addresses`: what each server's name means, resolved at the start as nginx does. */
  constructor(upstream: Upstream, addresses: ReadonlyMap<UpstreamServer, readonly string[]>) {
    this.upstream = upstream;
    this.#peers = upstream.servers.flatMap((server) =>
      (addresses.get(server) ?? []).map((address) => ({
        address,
        port: server.port,
        server,
        current: 0,
        active: 0,
        fails: 0,
        failedAtMs: 0,
      })),
    );
  }

  /** Undefined when none is left. `tried` aren't asked again. */
  pick(clientAddress: string, nowMs: number, tried: ReadonlySet<Peer>): Peer | undefined {
    const single = this.#peers.length === 1;
    // The only server is always asked: resting would help nobody.
    const usable = this.#peers.filter((peer) => !tried.has(peer) && !peer.server.down && (single || !isResting(peer, nowMs)));
    const main = usable.filter((peer) => !peer.server.backup);
    const from = main.length > 0 ? main : usable;
    if (this.upstream.method === "ipHash") return from[hashOf(clientAddress) % from.length];
    return smoothTurn(this.upstream.method === "leastConn" ? leastBusy(from) : from);
  }

  failed(peer: Peer, nowMs: number): void {
    peer.fails = nowMs - peer.failedAtMs > peer.server.failTimeoutMs ? 1 : peer.fails + 1;
    peer.failedAtMs = nowMs;
  }

  worked(peer: Peer): void {
    peer.fails = 0;
  }
}

function isResting(peer: Peer, nowMs: number): boolean {
  const { maxFails, failTimeoutMs } = peer.server;
  return maxFails > 0 && peer.fails >= maxFails && nowMs - peer.failedAtMs < failTimeoutMs;
}

function smoothTurn(peers: readonly Peer[]): Peer | undefined {
  let best: Peer | undefined;
  let total = 0;
  for (const peer of peers) {
    peer.current += peer.server.weight;
    total += peer.server.weight;
    if (best === undefined || peer.current > best.current) best = peer;
  }
  if (best !== undefined) best.current -= total;
  return best;
}

function leastBusy(peers: readonly Peer[]): readonly Peer[] {
  const load = (peer: Peer): number => peer.active / peer.server.weight;
  const least = Math.min(...peers.map(load));
  return peers.filter((peer) => load(peer) === least);
}

/** The first three parts of an IPv4 address, as nginx: clients of one network stay together. */
function hashOf(address: string): number {
  let hash = 89;
  for (const part of address.replace("::ffff:", "").split(".").slice(0, 3)) hash = (hash * 113 + Number(part)) % 6271;
  return Number.isNaN(hash) ? 0 : hash;
}
