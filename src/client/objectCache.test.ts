import { describe, expect, test } from "vitest";
import type { Pod } from "../schema/shapes/core.v1.ts";
import { aPod, type PodParts } from "../testing/objects.ts";
import { byNodeName, byOwnerUid } from "./informer.ts";
import { ObjectCache, type CacheChange } from "./objectCache.ts";

const at = (name: string, revision: number, parts: PodParts = {}): Pod => aPod(name, { resourceVersion: String(revision), ...parts });
const key = (name: string): { namespace: string; name: string } => ({ namespace: "default", name });
const told = (changes: readonly CacheChange<Pod>[]): string[] =>
  changes.map(({ object, previous }) => {
    const name = (object ?? previous)?.metadata.name;
    return `${previous === undefined ? "+" : object === undefined ? "-" : "~"}${name}`;
  });

describe("object cache: the server's events", () => {
  test("adds, changes, deletes; what is known already is no news", () => {
    const cache = new ObjectCache<Pod>();
    expect(told(cache.applyPut(at("a", 1)))).toEqual(["+a"]);
    expect(told(cache.applyPut(at("a", 1)))).toEqual([]);
    expect(told(cache.applyPut(at("a", 2)))).toEqual(["~a"]);
    expect(told(cache.applyDelete(at("a", 3)))).toEqual(["-a"]);
    expect(cache.list()).toEqual([]);
    expect(cache.seenRevision).toBe(3);
  });

  test("a new list deletes what isn't in it", () => {
    const cache = new ObjectCache<Pod>();
    cache.replace([at("a", 1), at("b", 2), at("c", 3)], "3");
    expect(told(cache.replace([at("a", 1), at("b", 7), at("d", 8)], "9"))).toEqual(["-c", "~b", "+d"]);
  });

  test("the same name with another uid is a deletion and an addition", () => {
    const cache = new ObjectCache<Pod>();
    cache.applyPut(at("a", 1, { uid: "old" }));
    expect(told(cache.replace([at("a", 5, { uid: "new" })], "5"))).toEqual(["-a", "+a"]);
  });
});

describe("object cache: our own writes", () => {
  test("are seen at once, and the event for them is no news", () => {
    const cache = new ObjectCache<Pod>();
    cache.replace([], "10");
    expect(told(cache.observe(at("a", 11)))).toEqual(["+a"]);
    expect(told(cache.applyPut(at("a", 11)))).toEqual([]);
  });

  test("an older event that comes after our write doesn't undo it", () => {
    const cache = new ObjectCache<Pod>();
    cache.replace([at("a", 1)], "1");
    cache.observe(at("a", 5));
    expect(told(cache.applyPut(at("a", 4)))).toEqual([]);
    expect(cache.get(key("a"))?.metadata.resourceVersion).toBe("5");
  });

  test("a write whose answer comes after the reflector has passed it is ignored: the object may be gone again", () => {
    const cache = new ObjectCache<Pod>();
    cache.replace([at("a", 1)], "1");
    cache.applyPut(at("a", 5));
    cache.applyDelete(at("a", 6));
    expect(told(cache.observe(at("a", 5)))).toEqual([]);
    expect(cache.list()).toEqual([]);
  });

  test("a deletion holds against events from before it", () => {
    const cache = new ObjectCache<Pod>();
    cache.replace([at("a", 1)], "1");
    expect(told(cache.observeDeletion(key("a"), "uid-a"))).toEqual(["-a"]);
    expect(told(cache.applyPut(at("a", 2)))).toEqual([]);
    expect(told(cache.applyDelete(at("a", 3)))).toEqual([]);
    expect(told(cache.applyPut(at("a", 4, { uid: "another" })))).toEqual(["+a"]);
  });

  test("a deletion of another uid doesn't touch the one of that name", () => {
    const cache = new ObjectCache<Pod>();
    cache.replace([at("a", 9, { uid: "new" })], "9");
    expect(told(cache.observeDeletion(key("a"), "old"))).toEqual([]);
    expect(told(cache.applyDelete(at("a", 5, { uid: "old" })))).toEqual([]);
    expect(cache.list()).toHaveLength(1);
  });

  test("a list from before our write doesn't undo it", () => {
    const cache = new ObjectCache<Pod>();
    cache.replace([], "1");
    cache.observe(at("a", 8));
    expect(told(cache.replace([at("b", 2)], "5"))).toEqual(["+b"]);
    expect(told(cache.replace([at("b", 2)], "9"))).toEqual(["-a"]);
  });
});

describe("object cache: indexes", () => {
  test("follow changes, are filled for what is there, and don't need to be added when ready-made", () => {
    const cache = new ObjectCache<Pod>();
    const owned = { owners: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "rs1", controller: true }] };
    cache.applyPut(at("a", 1, { node: "n1", ...owned }));
    cache.addIndex("phase", (pod) => [pod.status?.phase ?? ""]);
    const names = (index: string, value: string): string[] => cache.byIndex(index, value).map((pod) => pod.metadata.name);
    expect(names(byNodeName, "n1")).toEqual(["a"]);
    expect(names(byOwnerUid, "rs1")).toEqual(["a"]);
    expect(names("phase", "Running")).toEqual(["a"]);
    cache.applyPut(at("a", 2, { node: "n2", phase: "Failed" }));
    expect(names(byNodeName, "n1")).toEqual([]);
    expect(names(byNodeName, "n2")).toEqual(["a"]);
    expect(names("phase", "Failed")).toEqual(["a"]);
    expect(names(byOwnerUid, "rs1")).toEqual([]);
    cache.applyDelete(at("a", 3));
    expect(names(byNodeName, "n2")).toEqual([]);
    expect(() => cache.byIndex("nowhere", "x")).toThrow("index nowhere was never added");
  });

  test("one namespace's objects", () => {
    const cache = new ObjectCache<Pod>();
    cache.applyPut(at("a", 1, { namespace: "x" }));
    cache.applyPut(at("a", 2, { namespace: "y" }));
    expect(cache.list("x")).toHaveLength(1);
    expect(cache.list()).toHaveLength(2);
    expect(cache.list("z")).toEqual([]);
  });
});

test("a frozen cache hands out what nobody can change", () => {
  const cache = new ObjectCache<Pod>(true);
  cache.applyPut(at("a", 1));
  expect(() => Object.assign(cache.get(key("a"))?.metadata ?? {}, { name: "b" })).toThrow(TypeError);
});
