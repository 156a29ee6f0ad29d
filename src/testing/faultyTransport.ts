/**
 * A transport that fails as networks and servers do, by chance but the same way for the same seed: answers come late, get lost before or after the
 * server acted, are errors or conflicts; watches break off or are told that they are too old.
 */
import { sleep, type Clock } from "../base/clock.ts";
import type { Rng } from "../base/rng.ts";
import type { ApiRequest, ApiResponse, Transport } from "../machinery/http.ts";

/** Chances from 0 to 1, and the longest delays. */
export interface Faults {
  /** Any request: an error instead of being carried out. */
  readonly refused: number;
  /** A write: carried out, but the answer is an error or never comes. */
  readonly answerLost: number;
  /** A write: refused with 409, as if someone else had been faster. */
  readonly conflict: number;
  /** A watch: begins with "too old resource version". */
  readonly expired: number;
  /** Longest delay before a request is carried out, and again before its answer is there. */
  readonly delayMs: number;
  /** A watch breaks off after at most this long; 0: never. */
  readonly watchBreaksWithinMs: number;
  /** Events of a watch come this much later at most, in order. */
  readonly watchLagMs: number;
}

export const noFaults: Faults = {
  refused: 0,
  answerLost: 0,
  conflict: 0,
  expired: 0,
  delayMs: 0,
  watchBreaksWithinMs: 0,
  watchLagMs: 0,
};

export interface FaultyTransportOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Asked anew for each request, so that faults can begin and end. */
  readonly faults: () => Faults;
}

export function faultyTransport(options: FaultyTransportOptions): Transport {
  const { transport, clock, rng } = options;
  const happens = (chance: number): boolean => chance > 0 && rng.next() < chance;
  return async (request) => {
    const faults = options.faults();
    if (isWatch(request)) return watch(request, faults, options);
    if (faults.delayMs > 0) await sleep(clock, rng.next() * faults.delayMs);
    const isWrite = request.method !== "GET";
    if (happens(faults.refused)) return happens(0.2) ? overloaded : failed(rng);
    if (isWrite && request.method !== "POST" && happens(faults.conflict)) return conflict;
    const response = await transport(request);
    if (faults.delayMs > 0) await sleep(clock, rng.next() * faults.delayMs);
    return isWrite && happens(faults.answerLost) ? failed(rng) : response;
  };
}

function isWatch(request: ApiRequest): boolean {
  return request.method === "GET" && /[?&]watch=(true|1)\b/.test(request.url);
}

/** A broken connection, or an answer that leaves open whether the server acted. */
function failed(rng: Rng): ApiResponse {
  const roll = rng.next();
  if (roll < 0.4) throw new Error("connection reset by peer");
  if (roll < 0.7) return status(500, "InternalError", "Internal error occurred: injected");
  return status(504, "Timeout", "Timeout: request did not complete within the allotted timeout");
}

const overloaded: ApiResponse = status(429, "TooManyRequests", "Too many requests, please try again later");

const conflict: ApiResponse = status(
  409,
  "Conflict",
  "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again",
);

function status(code: number, reason: string, message: string): ApiResponse {
  const body = JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code });
  return { status: code, headers: { "content-type": "application/json" }, body: new TextEncoder().encode(body) };
}

async function watch(request: ApiRequest, faults: Faults, { transport, clock, rng }: FaultyTransportOptions): Promise<ApiResponse> {
  if (rng.next() < faults.refused) return failed(rng);
  if (!request.url.includes("sendInitialEvents") && rng.next() < faults.expired)
    return status(410, "Expired", "too old resource version: 1 (2)");
  const breaking = new AbortController();
  const signal = request.signal === undefined ? breaking.signal : AbortSignal.any([request.signal, breaking.signal]);
  const response = await transport({ ...request, signal });
  if (response.body instanceof Uint8Array) return response;
  const breaksInMs = faults.watchBreaksWithinMs > 0 ? rng.next() * faults.watchBreaksWithinMs : undefined;
  const timer = breaksInMs === undefined ? undefined : clock.after(breaksInMs, () => breaking.abort(new Error("connection reset by peer")));
  return { ...response, body: late(response.body, { clock, rng, lagMs: faults.watchLagMs, signal, timer }) };
}

interface Lateness {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly lagMs: number;
  readonly signal: AbortSignal;
  readonly timer: Disposable | undefined;
}

async function* late(body: AsyncIterable<Uint8Array>, { clock, rng, lagMs, signal, timer }: Lateness): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      if (lagMs > 0) await sleep(clock, rng.next() * lagMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      yield chunk;
    }
  } finally {
    timer?.[Symbol.dispose]();
  }
}
