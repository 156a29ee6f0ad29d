import { expect, test } from "vitest";
import { configMap } from "../../api/core/v1/configMap.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { KindCache } from "./kindCache.ts";
import type { CacheEvent } from "./kindCache.ts";
import { listPrefix, objectKey } from "./keys.ts";

const cache = (): KindCache => new KindCache(configMap);
const object = (name: string): KubeObject => ({ kind: "ConfigMap", apiVersion: "v1", metadata: { name, namespace: "a" } });

function put(into: KindCache, name: string, revision: number, at: { timeMs?: number; namespace?: string } = {}): void {
  const { timeMs = 0, namespace = "a" } = at;
  const key = objectKey(configMap, namespace, name);
  const value = into.codec.encode(object(name));
  into.apply({ type: "put", key, revision, value, createRevision: revision, previous: undefined }, timeMs);
}

test("a range is what lies under the prefix, in key order, as it was then", () => {
  const all = cache();
  for (const [at, name] of ["c", "a", "b"].entries()) put(all, name, at + 2);
  put(all, "x", 9, { namespace: "a-b" });
  const snapshot = all.range(listPrefix(configMap, "a"));
  put(all, "d", 10);
  expect(snapshot.map((stored) => stored.object.metadata.name)).toEqual(["a", "b", "c"]);
  expect(all.range(listPrefix(configMap, ""))).toHaveLength(5);
});

test("changes after a revision, as long as the window reaches back", () => {
  const all = cache();
  for (let revision = 2; revision <= 300; revision += 1) put(all, "a", revision, { timeMs: revision * 1_000 });
  expect(all.eventsAfter(298)?.map((event) => event.revision)).toEqual([299, 300]);
  // 75 s of changes are kept, and never fewer than 128.
  expect(all.eventsAfter(172)).toHaveLength(128);
  expect(all.eventsAfter(171)).toBeUndefined();
  expect(all.oldestRevision).toBe(172);
});

function show({ current, previous }: CacheEvent): string {
  return `${previous?.revision ?? "-"}>${current?.revision ?? "-"}`;
}

test("listeners hear of every change with what was before, and of a fresh start", () => {
  const all = cache();
  const heard: string[] = [];
  all.subscribe({ event: (event) => void heard.push(show(event)), reset: () => void heard.push("reset") });
  put(all, "a", 2);
  put(all, "a", 3);
  all.apply(
    { type: "delete", key: objectKey(configMap, "a", "a"), revision: 4, value: undefined, createRevision: 2, previous: undefined },
    0,
  );
  all.replace([], 9);
  put(all, "b", 10);
  expect(heard).toEqual(["->2", "2>3", "3>-", "reset"]);
  expect([all.size, all.watchers, all.lastChange, all.oldestRevision]).toEqual([1, 0, 10, 9]);
});

test("only the newest of an object stays decoded, and what watchers were sent isn't kept; what a watch from the past asks for is decoded again", () => {
  const all = cache();
  const key = objectKey(configMap, "a", "a");
  put(all, "a", 2);
  all.subscribe({ event: ({ encodings }) => void encodings.set("json", new Uint8Array(8)), reset: () => undefined });
  const first = all.get(key);
  expect(first?.object.metadata.resourceVersion).toBe("2");
  put(all, "a", 3);
  expect(first?.isDecoded).toBe(false);
  expect(all.eventsAfter(1)?.[0]?.encodings.size).toBe(0);
  expect(all.eventsAfter(1)?.[0]?.current?.object.metadata.resourceVersion).toBe("2");
});
