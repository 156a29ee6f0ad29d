/**
 * How many requests run at a time: reads and writes apart, so that one cannot starve the other; watches and sessions don't count.
 * Upstream: staging/src/k8s.io/apiserver/pkg/server/filters/maxinflight.go
 */
import { tooManyRequests } from "../../machinery/status.ts";
import type { RequestInfo } from "../request/requestInfo.ts";

export interface InFlightLimits {
  readonly reading: number;
  readonly mutating: number;
}

/** As upstream's --max-requests-inflight and --max-mutating-requests-inflight. */
export const defaultInFlightLimits: InFlightLimits = { reading: 400, mutating: 200 };
/** A request that has not been answered by then is given up. */
export const requestTimeoutMs = 60_000;

const readingVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const longSubresources: ReadonlySet<string> = new Set(["attach", "exec", "proxy", "log", "portforward"]);

export function isLongRunning(info: RequestInfo): boolean {
  return info.verb === "watch" || longSubresources.has(info.subresource);
}

export class InFlight {
  private readonly limits: InFlightLimits;
  reading = 0;
  mutating = 0;

  constructor(limits: InFlightLimits) {
    this.limits = limits;
  }

  /** Throws 429. Gives what ends the request's stay. */
  enter(info: RequestInfo): () => void {
    if (isLongRunning(info)) return nothing;
    const sort = readingVerbs.has(info.verb) ? "reading" : "mutating";
    if (this[sort] >= this.limits[sort]) throw tooManyRequests("Too many requests, please try again later.", 1);
    this[sort] += 1;
    return () => void (this[sort] -= 1);
  }
}

function nothing(): void {}
