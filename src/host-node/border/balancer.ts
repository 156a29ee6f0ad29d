/**
 * Services as the machine itself reaches them: LoadBalancer addresses (out of the loopback range) and node ports. Each has a listener on the machine,
 * served by the agent. A port that can't be had is replaced by a high one, and whoever asked is told.
 * Left out: UDP from the machine.
 */
import type { Server } from "node:net";
import { assert } from "../../base/assert.ts";
import type { ServiceRule } from "../../proxy/ports/dataPlane.ts";
import type { ConnectionTrace } from "../connectionTrace.ts";
import { Relay, type RelayDeps } from "../dataplane/relay.ts";
import { type Border, ListenRefused } from "./agentSide.ts";
import { acceptOn } from "./protocol.ts";

export interface ServiceListener {
  /** The rule's id: `namespace/name:portName`. */
  readonly rule: string;
  readonly address: string;
  /** What the Service asks for. */
  readonly wantedPort: number;
  /** What it got; 0: none. */
  readonly port: number;
  /** Why it isn't `wantedPort`: the system's code and words; empty when it is. */
  readonly code: string;
  readonly reason: string;
}

export interface BalancerOptions extends RelayDeps {
  readonly border: Border;
  /** Where node ports are reachable on the machine, e.g. 127.0.0.1. */
  readonly nodePortAddress: string;
  readonly onListener: (listener: ServiceListener) => void;
  /** Where connections and changed views are written down, while somebody wants it. */
  readonly connections?: ConnectionTrace | undefined;
}

export interface Balancer extends AsyncDisposable {
  /** New backends count from this call on; resolves when new listeners stand too. */
  apply(rules: readonly ServiceRule[]): Promise<void>;
  listeners(): readonly ServiceListener[];
}

interface Wanted {
  readonly rule: ServiceRule;
  readonly address: string;
  readonly port: number;
}
interface Served {
  readonly relay: Relay;
  listener: ServiceListener | undefined;
  server: Server | undefined;
  gone: boolean;
}

/** 443 becomes 8443, 80 becomes 8080. */
function highPort(port: number): number {
  return port < 1024 ? port + 8000 : 0;
}

export function createBalancer(options: BalancerOptions): Balancer {
  const served = new Map<string, Served>();

  const listen = async ({ rule, address, port }: Wanted, entry: Served): Promise<void> => {
    let refusal = new ListenRefused("", "");
    const attempts = rule.protocol === "TCP" ? [port, ...(highPort(port) === 0 ? [] : [highPort(port)]), 0] : [];
    if (rule.protocol !== "TCP") refusal = new ListenRefused("EPROTONOSUPPORT", `${rule.protocol} is not forwarded from this machine`);
    for (const attempt of attempts) {
      const got = await options.border.listen(address, attempt).catch((error: unknown) => {
        assert(error instanceof ListenRefused, `listening fails with ListenRefused, not ${String(error)}`);
        if (refusal.code === "") refusal = error;
        return undefined;
      });
      if (got === undefined) continue;
      if (entry.gone) return void got.server.close();
      entry.server = got.server;
      acceptOn(got.server, (socket) => entry.relay.accept(socket));
      entry.listener = { rule: rule.id, address, wantedPort: port, port: got.port, code: refusal.code, reason: refusal.message };
      return options.onListener(entry.listener);
    }
    entry.listener = { rule: rule.id, address, wantedPort: port, port: 0, code: refusal.code, reason: refusal.message };
    options.onListener(entry.listener);
  };

  return {
    async apply(rules) {
      const wanted = new Map(rules.flatMap((rule) => listenersOf(rule, options.nodePortAddress)).map((each) => [keyOf(each), each]));
      options.connections?.rules(rules);
      for (const [key, entry] of served) {
        if (wanted.has(key)) continue;
        entry.gone = true;
        entry.server?.close();
        served.delete(key);
      }
      const starting: Promise<void>[] = [];
      for (const [key, each] of wanted) {
        const known = served.get(key);
        known?.relay.retarget(each.rule);
        if (known !== undefined) continue;
        const entry: Served = {
          relay: new Relay({ ...options, trace: options.connections }, each.rule),
          listener: undefined,
          server: undefined,
          gone: false,
        };
        served.set(key, entry);
        starting.push(listen(each, entry));
      }
      await Promise.all(starting);
    },
    listeners: () => [...served.values()].flatMap(({ listener }) => (listener === undefined ? [] : [listener])),
    async [Symbol.asyncDispose]() {
      for (const entry of served.values()) {
        entry.gone = true;
        entry.server?.close();
        entry.relay.close();
      }
      served.clear();
    },
  };
}

function listenersOf(rule: ServiceRule, nodePortAddress: string): readonly Wanted[] {
  const local = rule.loadBalancerIPs.filter((ip) => ip.startsWith("127.")).map((address) => ({ rule, address, port: rule.port }));
  return rule.nodePort === 0 ? local : [...local, { rule, address: nodePortAddress, port: rule.nodePort }];
}

function keyOf({ rule, address, port }: Wanted): string {
  return `${rule.id} ${rule.protocol} ${address}:${port}`;
}
