/**
 * Services in user space, where `nft` is missing: listeners inside the agent's own network on the Services' own addresses, one hop through this
 * process. Same picture for pods, at half the speed, and backends see the node's address instead of the client's.
 * Left out: per-node policies (all backends serve), UDP and SCTP.
 */
import { createServer, type Server } from "node:net";
import type { DataPlane, ServiceRule } from "../../proxy/ports/dataPlane.ts";
import type { ClusterNetwork } from "../network/clusterNetwork.ts";
import { Relay, type RelayDeps } from "./relay.ts";

export interface UserspaceOptions extends RelayDeps {
  readonly network: Pick<ClusterNetwork, "addLocalAddress" | "removeLocalAddress" | "nodes">;
  /** Addresses that somebody else listens on (DNS): never added or removed here. */
  readonly reserved: readonly string[];
}

export function openUserspace(options: UserspaceOptions): DataPlane {
  return new UserspaceDataPlane(options);
}

interface Listener {
  readonly relay: Relay;
  readonly server: Server;
}

class UserspaceDataPlane implements DataPlane {
  readonly name = "userspace";
  readonly #options: UserspaceOptions;
  readonly #listeners = new Map<string, Listener>();
  readonly #addresses = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: UserspaceOptions) {
    this.#options = options;
  }

  apply(rules: readonly ServiceRule[]): Promise<void> {
    const turn = this.#turn.catch(() => undefined).then(() => this.#change(rules));
    this.#turn = turn;
    return turn;
  }

  async #change(rules: readonly ServiceRule[]): Promise<void> {
    const { network } = this.#options;
    const wanted = new Map<string, { rule: ServiceRule; host: string; port: number }>();
    const addresses = new Set<string>();
    for (const rule of rules) {
      if (rule.protocol !== "TCP") continue;
      for (const host of outerAndInner(rule)) {
        addresses.add(host);
        wanted.set(`${host}:${rule.port}`, { rule, host, port: rule.port });
      }
      if (rule.nodePort === 0) continue;
      for (const { ip } of network.nodes) wanted.set(`${ip}:${rule.nodePort}`, { rule, host: ip, port: rule.nodePort });
    }
    // First all that exists changes its backends, in one go; only then what takes time.
    for (const [key, { rule }] of wanted) this.#listeners.get(key)?.relay.retarget(rule);
    for (const [key, { server }] of this.#listeners) {
      // Without backends nobody listens, and the system itself refuses.
      if (served(wanted.get(key)?.rule)) continue;
      server.close();
      this.#listeners.delete(key);
    }
    await this.#useAddresses(addresses);
    const missing = [...wanted].filter(([key, { rule }]) => served(rule) && !this.#listeners.has(key));
    await Promise.all(missing.map(([key, { rule, host, port }]) => this.#listen(key, new Relay(this.#options, rule), { host, port })));
  }

  async #useAddresses(wanted: ReadonlySet<string>): Promise<void> {
    const { network, reserved } = this.#options;
    // Nodes have their addresses anyway, and keep them.
    const others = new Set([...reserved, ...network.nodes.map(({ ip }) => ip)]);
    const added = [...wanted].filter((address) => !this.#addresses.has(address) && !others.has(address));
    const removed = [...this.#addresses].filter((address) => !wanted.has(address));
    await Promise.all(added.map((address) => network.addLocalAddress(address)));
    await Promise.all(removed.map((address) => network.removeLocalAddress(address).catch(() => undefined)));
    for (const address of added) this.#addresses.add(address);
    for (const address of removed) this.#addresses.delete(address);
  }

  #listen(key: string, relay: Relay, at: { readonly host: string; readonly port: number }): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => relay.accept(socket));
    this.#listeners.set(key, { relay, server });
    return new Promise((resolve, reject) => {
      server.once("error", (error) => {
        this.#listeners.delete(key);
        reject(error);
      });
      server.listen({ ...at, backlog: 1024 }, resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => undefined);
    for (const { server, relay } of this.#listeners.values()) {
      server.close();
      relay.close();
    }
    this.#listeners.clear();
    await this.#useAddresses(new Set());
  }
}

/** Some node has a backend for it. */
function served(rule: ServiceRule | undefined): boolean {
  if (rule === undefined) return false;
  return rule.backends.length > 0 || Object.values(rule.views ?? {}).some((backends) => backends.length > 0);
}

function outerAndInner(rule: ServiceRule): readonly string[] {
  const outer = [...rule.externalIPs, ...rule.loadBalancerIPs].filter((ip) => !ip.startsWith("127."));
  return rule.clusterIP === "" ? outer : [rule.clusterIP, ...outer];
}
