/**
 * Waiting longer after each failure, with upstream's times: 10 s doubling to 5 minutes, small again after 10 quiet minutes.
 * Upstream: staging/src/k8s.io/client-go/util/flowcontrol/backoff.go
 */
export interface BackOff {
  readonly delayMs: number;
  /** When it last grew. */
  readonly updatedAtMs: number;
}

export const firstBackOffMs = 10_000;
const maxBackOffMs = 300_000;

function isExpired(backOff: BackOff, eventMs: number): boolean {
  return eventMs - backOff.updatedAtMs > 2 * maxBackOffMs;
}

export function grown(backOff: BackOff | undefined, nowMs: number): BackOff {
  if (backOff === undefined || isExpired(backOff, nowMs)) return { delayMs: firstBackOffMs, updatedAtMs: nowMs };
  return { delayMs: Math.min(backOff.delayMs * 2, maxBackOffMs), updatedAtMs: nowMs };
}

/** When what failed at `eventMs` may be tried again; undefined: at once. */
export function retryAt(backOff: BackOff | undefined, eventMs: number): number | undefined {
  if (backOff === undefined || isExpired(backOff, eventMs)) return undefined;
  return eventMs + backOff.delayMs;
}

/** A plain retry that doubles, for what upstream tries again at its own pace. */
export interface Retry {
  readonly delayMs: number;
  readonly atMs: number;
}

export function nextRetry(retry: Retry | undefined, nowMs: number, firstMs: number, maxMs: number): Retry {
  const delayMs = retry === undefined ? firstMs : Math.min(retry.delayMs * 2, maxMs);
  return { delayMs, atMs: nowMs + delayMs };
}
