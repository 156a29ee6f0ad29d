/** How long endpoint changes took to reach the Service rules, as far as the timeline tells; and what that must cost on paper. Pure. */
import type { LedgerRow } from "./ports/load.ts";
import { type PodLife, sigtermMs } from "./podLives.ts";

export interface Propagation {
  /** From a pod's deletion until the last node stopped sending to it, for each deleted pod; sorted. */
  readonly delaysMs: readonly number[];
  readonly source: "views" | "requests" | "none";
}

/** Taken from the data plane's own word where there is one, else from the last new connection that still went to each pod. */
export function measuredPropagation(rows: readonly LedgerRow[], lives: ReadonlyMap<string, PodLife>): Propagation {
  const deleted = [...lives.values()].filter(({ deletedMs }) => deletedMs !== undefined);
  const byViews = deleted.flatMap(({ inViews, deletedMs = 0 }) => {
    const last = inViews.at(-1)?.toMs ?? Infinity;
    return last === Infinity || last < deletedMs ? [] : [last - deletedMs];
  });
  if (byViews.length > 0) return { delaysMs: sorted(byViews), source: "views" };
  const lastSent = new Map<string, number>();
  for (const row of rows) if (row.pod !== "" && !row.connection.reused) lastSent.set(row.pod, Math.max(lastSent.get(row.pod) ?? 0, row.sentMs));
  const byRequests = deleted.flatMap(({ name, deletedMs = 0 }) => {
    const last = lastSent.get(name);
    return last === undefined || last < deletedMs ? [] : [last - deletedMs];
  });
  return { delaysMs: sorted(byRequests), source: byRequests.length > 0 ? "requests" : "none" };
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** The value below which this share of a sorted list lies; 0 for an empty one. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  return values[Math.min(values.length - 1, Math.max(0, Math.ceil(share * values.length) - 1))] ?? 0;
}

export interface ExpectationInput {
  readonly ratePerSecond: number;
  readonly lives: ReadonlyMap<string, PodLife>;
  readonly rows: readonly LedgerRow[];
  /** The delay that a share of the endpoint changes stays below, as the profile says or as it was measured. */
  readonly delayAt: (share: number) => number;
}

const steps = 200;

/**
 * How many requests the late removal of endpoints must cost: for each deleted pod the rate, times its share of the traffic, times how long it is sent
 * to after it stopped listening (averaged over the delays).
 */
export function expectedStale({ ratePerSecond, lives, rows, delayAt }: ExpectationInput): number {
  let expected = 0;
  for (const life of lives.values()) {
    if (life.deletedMs === undefined || life.endpoint.length === 0) continue;
    const listensMs = stopsListeningMs(life, rows) - life.deletedMs;
    let windowMs = 0;
    for (let step = 0; step < steps; step += 1) windowMs += Math.max(0, delayAt((step + 0.5) / steps) - listensMs) / steps;
    expected += (ratePerSecond * windowMs) / 1000 / backendsBeside(life, lives);
  }
  return expected;
}

/** SIGTERM, or later where the pod took new connections after it. */
function stopsListeningMs(life: PodLife, rows: readonly LedgerRow[]): number {
  let last = sigtermMs(life) ?? Infinity;
  for (const { pod, outcome, connection, sentMs } of rows) {
    if (pod === life.name && outcome.type === "answered" && !connection.reused && sentMs > last) last = sentMs;
  }
  return last;
}

/** How many pods share the traffic of a view that has not heard of the deletion yet: those ready then, and this one. */
function backendsBeside(life: PodLife, lives: ReadonlyMap<string, PodLife>): number {
  const atMs = life.deletedMs ?? 0;
  let count = 1;
  for (const other of lives.values()) {
    if (other !== life && other.endpoint.some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs)) count += 1;
  }
  return count;
}
