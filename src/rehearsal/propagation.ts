/** How long endpoint changes took to reach the Service rules, as far as the timeline tells; and what that must cost on paper. Pure. */
import type { LedgerRow } from "./ports/load.ts";
import { type PodLife, sigtermMs } from "./podLives.ts";
import type { TimelineEntry } from "./timeline.ts";

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
  for (const row of rows)
    if (row.pod !== "" && !row.connection.reused) lastSent.set(row.pod, Math.max(lastSent.get(row.pod) ?? 0, row.sentMs));
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
  readonly service: string;
  readonly lives: ReadonlyMap<string, PodLife>;
  readonly timeline: readonly TimelineEntry[];
  readonly rows: readonly LedgerRow[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * How many requests the late removal of endpoints must cost on paper: the rate, times the time for which each node still sends to pods that have stopped
 * listening, times their share of what it sends to; averaged over the nodes.
 */
export function expectedStale(input: ExpectationInput): number {
  const views = viewSpans(input);
  if (views.length === 0) return 0;
  const deadFromMs = new Map([...input.lives.values()].map((life) => [life.name, stopsListeningMs(life, input.rows)]));
  let deadTimeMs = 0;
  for (const spans of views) for (const span of spans) deadTimeMs += deadTime(span, deadFromMs);
  return (input.ratePerSecond * deadTimeMs) / 1000 / views.length;
}

interface ViewSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pods: readonly string[];
}

/** For each node what it sent to, and when; where nodes' views aren't known, the endpoints as the API shows them are all there is. */
function viewSpans({ timeline, service, fromMs, untilMs }: ExpectationInput): readonly (readonly ViewSpan[])[] {
  const open = new Map<string, { fromMs: number; pods: readonly string[] }>();
  const spans = new Map<string, ViewSpan[]>();
  const close = (view: string, toMs: number): void => {
    const last = open.get(view);
    if (last === undefined || toMs <= Math.max(last.fromMs, fromMs)) return;
    spans.set(view, [...(spans.get(view) ?? []), { fromMs: Math.max(last.fromMs, fromMs), toMs, pods: last.pods }]);
  };
  for (const { atMs, what } of timeline) {
    if (what.type !== "viewChanged" || what.service !== service || atMs >= untilMs) continue;
    close(what.view, atMs);
    open.set(what.view, { fromMs: atMs, pods: what.pods });
  }
  for (const view of open.keys()) close(view, untilMs);
  // Nodes had a common view before each had its own.
  spans.delete("all nodes");
  return [...spans.values()];
}

/** The span's length, weighted by the share of its pods that no longer listen. */
function deadTime({ fromMs, toMs, pods }: ViewSpan, deadFromMs: ReadonlyMap<string, number>): number {
  if (pods.length === 0) return 0;
  return pods.reduce((sum, pod) => sum + Math.max(0, toMs - Math.max(fromMs, deadFromMs.get(pod) ?? Infinity)), 0) / pods.length;
}

/** SIGTERM, or later where the pod took new connections after it; never for a pod that stays. */
function stopsListeningMs(life: PodLife, rows: readonly LedgerRow[]): number {
  let last = sigtermMs(life) ?? Infinity;
  if (last === Infinity) return last;
  for (const { pod, outcome, connection, sentMs } of rows) {
    const taken = outcome.type !== "refused" && outcome.type !== "unreachable";
    if (pod === life.name && taken && !connection.reused && sentMs > last) last = sentMs;
  }
  return last;
}
