/** What happened over time, in steps of one length: answers by version, failures, ready pods, latency. Pure. */
import { endpointsAt } from "../causes.ts";
import { isFailed, latencyMs } from "../ledger.ts";
import type { PodLife } from "../podLives.ts";
import type { LedgerRow } from "../ports/load.ts";
import { quantile } from "../propagation.ts";

export interface Series {
  readonly stepMs: number;
  /** Versions in the order in which they first answered; `` where unknown. */
  readonly versions: readonly string[];
  readonly points: readonly Point[];
}

export interface Point {
  readonly atMs: number;
  /** Good answers by version, in the order of `versions`. */
  readonly answers: readonly number[];
  readonly failed: number;
  readonly readyPods: number;
  /** All that exist, those on their way out included. */
  readonly pods: number;
  readonly p99Ms: number;
}

const mostPoints = 240;
const steps = [100, 200, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

export function seriesOf(rows: readonly LedgerRow[], lives: ReadonlyMap<string, PodLife>, endMs: number): Series {
  const stepMs = steps.find((each) => endMs / each <= mostPoints) ?? 60_000;
  const count = Math.max(1, Math.ceil(endMs / stepMs));
  const buckets: LedgerRow[][] = Array.from({ length: count }, () => []);
  const versions: string[] = [];
  for (const row of rows) {
    buckets[Math.min(count - 1, Math.max(0, Math.floor(row.sentMs / stepMs)))]?.push(row);
    if (row.outcome.type === "answered" && !isFailed(row) && !versions.includes(row.version)) versions.push(row.version);
  }
  const points = buckets.map((bucket, at) => pointOf(bucket, versions, lives, at * stepMs));
  return { stepMs, versions, points };
}

function pointOf(bucket: readonly LedgerRow[], versions: readonly string[], lives: ReadonlyMap<string, PodLife>, atMs: number): Point {
  const good = bucket.filter((row) => row.outcome.type === "answered" && !isFailed(row));
  const answers = versions.map((version) => good.reduce((sum, row) => sum + (row.version === version ? 1 : 0), 0));
  const latencies = good.map(latencyMs).sort((a, b) => a - b);
  let pods = 0;
  for (const { createdMs, goneMs = Infinity } of lives.values()) if (createdMs <= atMs && atMs < goneMs) pods += 1;
  return {
    atMs,
    answers,
    failed: bucket.filter(isFailed).length,
    readyPods: endpointsAt(lives, atMs),
    pods,
    p99Ms: quantile(latencies, 0.99),
  };
}
