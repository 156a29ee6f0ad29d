/** Turns the body of a watch response into events. Ends when the server closes or the signal aborts; an ERROR event is thrown as ApiError. */
import type { KubeObject } from "../machinery/kind.ts";
import { ApiError, failure } from "../machinery/status.ts";
import type { WatchEvent } from "./client.ts";
import { LineSplitter } from "./jsonLines.ts";
import { orAborted } from "./orAborted.ts";

const initialEventsEndAnnotation = "k8s.io/initial-events-end";

export async function* watchEvents<T extends KubeObject>(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const splitter = new LineSplitter();
  for await (const chunk of untilAborted(body, signal)) {
    for (const line of splitter.push(chunk)) {
      if (signal.aborted) return;
      yield decodeEvent<T>(line);
    }
  }
  if (signal.aborted) return;
  const rest = splitter.rest();
  // A line without its newline is an object cut off by a broken connection: the next watch brings it again.
  if (rest !== "" && isWholeJson(rest)) yield decodeEvent<T>(rest);
}

function isWholeJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decodeEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const raw = JSON.parse(line) as { type?: string; object?: unknown };
  switch (raw.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type: raw.type, object: raw.object as T };
    case "BOOKMARK": {
      const metadata = (raw.object as KubeObject).metadata;
      return {
        type: "BOOKMARK",
        resourceVersion: metadata.resourceVersion ?? "",
        initialEventsEnd: metadata.annotations?.[initialEventsEndAnnotation] === "true",
      };
    }
    case "ERROR":
      throw asApiError(raw.object);
    default:
      throw new Error(`unknown watch event type ${JSON.stringify(raw.type)}`);
  }
}

/** A Status that came over the wire. */
export function asApiError(object: unknown, httpStatus = 500): ApiError {
  const status = object as { kind?: string; code?: number; message?: string; reason?: string };
  if (typeof status !== "object" || status === null || status.kind !== "Status") {
    return failure(httpStatus, "Unknown", `the server answered ${httpStatus} without a Status`);
  }
  return new ApiError({ ...(status as ApiError["status"]), code: status.code ?? httpStatus });
}

/** The chunks, up to the moment of the abort, even when the source never ends by itself. */
async function* untilAborted(body: Uint8Array | AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  const source = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await orAborted(source.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    // Not awaited: a source that is stuck in its own next() would hold us.
    source.return?.(undefined)?.then(undefined, () => undefined);
  }
}
