import { afterEach, beforeEach, expect, test } from "vitest";
import { configMap } from "../../api/core/v1/configMap.ts";
import { silentLog } from "../../base/log.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { memoryStore } from "../../store/memory.ts";
import type { Change, Store } from "../../store/store.ts";
import { virtualClock } from "../../testing/virtualClock.ts";
import type { VirtualClock } from "../../testing/virtualClock.ts";
import { Feed } from "./feed.ts";
import { eventWindowMs, KindCache } from "./kindCache.ts";
import { listPrefix, objectKey } from "./keys.ts";

let clock: VirtualClock;
let inner: Store;
let feed: Feed;
let cache: KindCache;
/** Makes the running watch end with this error. */
let breakWatch: (error: Error) => void;

beforeEach(() => {
  clock = virtualClock();
  inner = memoryStore();
  const store: Store = {
    revision: () => inner.revision(),
    get: (key) => inner.get(key),
    range: (prefix, options) => inner.range(prefix, options),
    write: (key, value, expected) => inner.write(key, value, expected),
    compact: (revision) => inner.compact(revision),
    watch: (prefix, after, signal) => breakable(prefix, after, signal),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
  feed = new Feed(store, clock, silentLog);
  cache = new KindCache(configMap);
  feed.add(cache);
});
afterEach(async () => {
  await feed[Symbol.asyncDispose]();
  await inner[Symbol.asyncDispose]();
});

async function* breakable(prefix: string, after: number, signal: AbortSignal): AsyncGenerator<readonly Change[]> {
  const own = new AbortController();
  const broken = new Promise<never>((_resolve, reject) => {
    breakWatch = (error) => {
      own.abort();
      reject(error);
    };
  });
  signal.addEventListener("abort", () => own.abort());
  const changes = inner.watch(prefix, after, own.signal)[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await Promise.race([changes.next(), broken]);
    if (done === true) return;
    yield value;
  }
}

async function put(name: string): Promise<number> {
  const object: KubeObject = { kind: "ConfigMap", apiVersion: "v1", metadata: { name, namespace: "a" } };
  const result = await inner.write(objectKey(configMap, "a", name), cache.codec.encode(object));
  return result.ok ? result.revision : 0;
}
const names = (): string[] => cache.range(listPrefix(configMap, "a")).map(({ object }) => object.metadata.name);

test("what was there is loaded, what comes is followed", async () => {
  await put("a");
  await feed.start();
  expect(names()).toEqual(["a"]);
  const revision = await put("b");
  expect(await feed.fresh()).toBe(revision);
  expect(names()).toEqual(["a", "b"]);
});

test("the window of a kind that nobody writes any more empties while others are written", async () => {
  await feed.start();
  for (let n = 0; n < 300; n += 1) await put(`c${n}`);
  await feed.fresh();
  expect(cache.oldestRevision).toBeLessThan(10);
  await clock.advance(2 * eventWindowMs);
  await inner.write("/registry/example.com/things/x", new Uint8Array([1]));
  const newest = await feed.fresh();
  expect(newest - cache.oldestRevision).toBeLessThanOrEqual(130);
});

test("keys that hold nothing we serve still move the place", async () => {
  await feed.start();
  const result = await inner.write("/registry/example.com/things/x", new Uint8Array([1]));
  expect(result.ok && (await feed.fresh())).toBe(result.ok && result.revision);
});

test("a watch that fails is begun anew; whoever watched the cache is sent away", async () => {
  await feed.start();
  const heard: string[] = [];
  cache.subscribe({ event: () => void heard.push("event"), reset: () => void heard.push("reset") });
  breakWatch(new Error("disk"));
  await clock.settle();
  await put("b");
  await clock.advance(600);
  expect([names(), heard]).toEqual([["b"], ["reset"]]);
  await put("c");
  await feed.fresh();
  expect(names()).toEqual(["b", "c"]);
});

test("a revision that doesn't come is given up on", async () => {
  await feed.start();
  const answer = feed.reached(1_000).catch((error: unknown) => error);
  await clock.advance(3_000);
  expect(await answer).toMatchObject({ code: 504, reason: "Timeout" });
  expect(clock.pendingTimers).toBe(0);
});
