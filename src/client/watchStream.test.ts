import { describe, expect, test } from "vitest";
import { ApiError } from "../machinery/status.ts";
import type { KubeObject } from "../machinery/kind.ts";
import type { WatchEvent } from "./client.ts";
import { watchEvents } from "./watchStream.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* chunked(whole: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += sizeBytes) yield whole.subarray(at, at + sizeBytes);
}

async function collect(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  signal = new AbortController().signal,
): Promise<WatchEvent<KubeObject>[]> {
  const events: WatchEvent<KubeObject>[] = [];
  for await (const event of watchEvents<KubeObject>(body, signal)) events.push(event);
  return events;
}

const added = (name: string): string => JSON.stringify({ type: "ADDED", object: { metadata: { name, resourceVersion: "7" } } });

const bookmark = (annotations?: object): string =>
  `${JSON.stringify({ type: "BOOKMARK", object: { kind: "Pod", metadata: { resourceVersion: "12", annotations } } })}\n`;

describe("watch stream", () => {
  test.each([1, 2, 3, 7, 64, 10_000])("chunks of %i bytes give the same events, multi-byte characters included", async (size) => {
    const text = [added("plain"), added("안녕-쿠버네티스"), added("🚢")].map((line) => `${line}\n`).join("");
    const events = await collect(chunked(bytes(text), size));
    expect(events.map((event) => (event.type === "ADDED" ? event.object.metadata.name : event.type))).toEqual([
      "plain",
      "안녕-쿠버네티스",
      "🚢",
    ]);
  });

  test("bookmarks carry their version and the end of the initial events", async () => {
    expect(await collect(bytes(bookmark() + bookmark({ "k8s.io/initial-events-end": "true" })))).toEqual([
      { type: "BOOKMARK", resourceVersion: "12", initialEventsEnd: false },
      { type: "BOOKMARK", resourceVersion: "12", initialEventsEnd: true },
    ]);
  });

  test("an ERROR event is thrown as the Status that it carries, after the events before it", async () => {
    const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
    const seen: string[] = [];
    const body = bytes(`${added("first")}\n${JSON.stringify({ type: "ERROR", object: status })}\n`);
    const run = async (): Promise<void> => {
      for await (const event of watchEvents<KubeObject>(body, new AbortController().signal)) seen.push(event.type);
    };
    await expect(run()).rejects.toSatisfy((error) => error instanceof ApiError && error.code === 410 && error.reason === "Expired");
    expect(seen).toEqual(["ADDED"]);
  });

  test("an object cut off by the connection's end is left out", async () => {
    expect(await collect(bytes(`${added("whole")}\n${added("half").slice(0, 20)}`))).toHaveLength(1);
  });

  test("an abort ends it though the source never would, and lets the source go", async () => {
    let returned = false;
    const silent: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () => {
          returned = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const stop = new AbortController();
    const collecting = collect(silent, stop.signal);
    stop.abort();
    expect(await collecting).toEqual([]);
    expect(returned).toBe(true);
  });
});
