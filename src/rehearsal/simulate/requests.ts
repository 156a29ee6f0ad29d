/**
 * What becomes of each request in a simulated rehearsal: computed afterwards from the lives of the pods and from what each node sent to at each moment.
 * Requests don't act on the cluster, so this is exact, quick and the same each time. Pure.
 */
import { below, type Rng, seededRng } from "../../base/rng.ts";
import { dueTimes } from "../ports/dueTimes.ts";
import type { ConnectionUse, LedgerRow, LoadSpec, LoadTarget, Outcome } from "../ports/load.ts";
import type { Process } from "./processes.ts";
import { ViewHistory } from "./viewHistory.ts";

export interface SimulationInput {
  readonly spec: LoadSpec;
  readonly target: LoadTarget;
  readonly fromMs: number;
  readonly toMs: number;
  readonly processes: ReadonlyMap<string, readonly Process[]>;
  readonly views: ViewHistory;
}

/** One way through the network and its stacks. */
const hopMs = 0.4;
/** A close that happens within this time before a request is sent isn't seen by the client yet. */
const blindMs = 1;
const serviceJitter = 0.1;

export function simulateRequests(input: SimulationInput): LedgerRow[] {
  const simulation = new Simulation(input);
  const due = dueTimes(input.spec.ratePerSecond, input.spec.arrivals, seededRng(input.spec.seed));
  const rows: LedgerRow[] = [];
  for (let atMs = input.fromMs + due(); atMs < input.toMs; atMs = input.fromMs + due())
    rows.push(simulation.request(rows.length + 1, tidy(atMs)));
  return rows;
}

interface Connection {
  readonly use: ConnectionUse;
  readonly process: Process;
  freeMs: number;
}

interface Result {
  readonly outcome: Outcome;
  readonly endMs: number;
}

class Simulation {
  readonly #input: SimulationInput;
  readonly #rng: Rng;
  /** When each of a process's places of work is free again. */
  readonly #busy = new Map<Process, number[]>();
  /** Kept-alive clients, the one that has rested longest first; undefined: never connected. */
  #idle: (Connection | undefined)[];
  #working: Connection[] = [];
  #connections = 0;

  constructor(input: SimulationInput) {
    this.#input = input;
    this.#rng = seededRng(input.spec.seed + 1);
    this.#idle = Array.from({ length: input.spec.keepAlive }, () => undefined);
  }

  request(id: number, atMs: number): LedgerRow {
    const known = this.#kept(atMs);
    return known === undefined ? this.#onNewConnection(id, atMs) : this.#onKept(id, atMs, known);
  }

  /** An idle connection that the client believes to be open. */
  #kept(atMs: number): Connection | undefined {
    if (this.#input.spec.keepAlive === 0) return undefined;
    const free = this.#working.filter(({ freeMs }) => freeMs <= atMs).sort((a, b) => a.freeMs - b.freeMs);
    if (free.length > 0) {
      this.#working = this.#working.filter(({ freeMs }) => freeMs > atMs);
      this.#idle.push(...free);
      this.#idle.splice(this.#input.spec.keepAlive);
    }
    const connection = this.#idle.shift();
    return connection !== undefined && atMs < this.#closedMs(connection) + blindMs ? connection : undefined;
  }

  /** From when on it takes no further request: with HTTP/2 the server's goodbye comes by itself, not with an answer. */
  #closedMs({ process }: Connection): number {
    return this.#multiplexed ? Math.min(process.goodbyeMs, process.idleClosedMs) : process.idleClosedMs;
  }

  /** A connection carries many requests at once. */
  get #multiplexed(): boolean {
    return this.#input.spec.protocol === "http/2";
  }

  #onKept(id: number, atMs: number, connection: Connection): LedgerRow {
    const use = { ...connection.use, reused: true };
    if (atMs >= this.#closedMs(connection) - hopMs) {
      this.#idle.push(undefined);
      return this.#row(id, atMs, { outcome: { type: "reset" }, endMs: atMs + 2 * hopMs }, { use, process: connection.process });
    }
    return this.#serve(id, atMs, { ...connection, use });
  }

  #onNewConnection(id: number, atMs: number): LedgerRow {
    const { views, processes } = this.#input;
    this.#connections += 1;
    const use: ConnectionUse = { id: this.#connections, reused: false, openedMs: atMs, localPort: 0 };
    const backends = views.pick(atMs, this.#rng);
    const pod = backends[below(this.#rng, backends.length)];
    if (pod === undefined) return this.#failed(id, atMs, { type: "noEndpoint" }, { use, pod: "" });
    const all = processes.get(pod) ?? [];
    const process = all.find((each) => atMs < each.cutMs) ?? all.at(-1);
    if (process === undefined) return this.#failed(id, atMs, { type: "refused" }, { use, pod });
    if (atMs >= process.cutMs) return this.#failed(id, atMs, { type: "unreachable" }, { use, pod, version: process.version });
    if (atMs < process.listensFromMs || atMs >= process.listensUntilMs)
      return this.#failed(id, atMs, { type: "refused" }, { use, pod, version: process.version });
    return this.#serve(id, atMs, { use, process, freeMs: 0 });
  }

  #failed(
    id: number,
    atMs: number,
    outcome: Outcome,
    { use, pod, version = "" }: { use: ConnectionUse; pod: string; version?: string },
  ): LedgerRow {
    if (this.#input.spec.keepAlive > 0) this.#idle.push(undefined);
    const times = { intendedMs: atMs, sentMs: atMs, endMs: tidy(atMs + 2 * hopMs) };
    return { id, client: this.#input.target.client, ...times, outcome, connection: use, pod, version };
  }

  #serve(id: number, atMs: number, connection: Connection): LedgerRow {
    const { process } = connection;
    const result = this.#answer(atMs, process);
    const ends = result.outcome.type !== "answered" || result.endMs >= process.goodbyeMs;
    if (this.#input.spec.keepAlive > 0) {
      if (this.#multiplexed) this.#idle.push(result.outcome.type === "reset" ? undefined : connection);
      else if (ends) this.#idle.push(undefined);
      else this.#working.push({ ...connection, freeMs: result.endMs });
    }
    return this.#row(id, atMs, result, connection);
  }

  #row(id: number, atMs: number, { outcome, endMs }: Result, { use, process }: Pick<Connection, "use" | "process">): LedgerRow {
    const times = { intendedMs: atMs, sentMs: atMs, endMs: tidy(endMs) };
    return { id, client: this.#input.target.client, ...times, outcome, connection: use, pod: process.pod, version: process.version };
  }

  #answer(atMs: number, process: Process): Result {
    const { behaviour, cutMs } = process;
    const { timeoutMs } = this.#input.spec;
    const takesMs = behaviour.answerAfterMs * (1 + serviceJitter * (2 * this.#rng.next() - 1));
    const beginMs = this.#place(process, atMs + hopMs, takesMs);
    const endMs = beginMs + takesMs + hopMs;
    if (Math.min(endMs, atMs + timeoutMs) > cutMs) return { outcome: { type: "reset" }, endMs: cutMs + hopMs };
    if (endMs > atMs + timeoutMs) return { outcome: { type: "timeout" }, endMs: atMs + timeoutMs };
    return { outcome: { type: "answered", status: behaviour.status }, endMs };
  }

  /** When work can begin, with a place taken for it. */
  #place(process: Process, atMs: number, takesMs: number): number {
    const { concurrency } = process.behaviour;
    if (concurrency === 0) return atMs;
    let places = this.#busy.get(process);
    if (places === undefined) this.#busy.set(process, (places = Array.from({ length: concurrency }, () => 0)));
    const at = places.indexOf(Math.min(...places));
    const beginMs = Math.max(atMs, places[at] ?? 0);
    places[at] = beginMs + takesMs;
    return beginMs;
  }
}

function tidy(ms: number): number {
  return Math.round(ms * 100) / 100;
}
