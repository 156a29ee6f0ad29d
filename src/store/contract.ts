/** What every store must do, as cases run against each adapter. `make` opens an empty store. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Change, CompactedError, FutureRevisionError, type Store, type WriteResult } from "./store.ts";

export interface StoreUnderTest {
  readonly store: Store;
  /** Closes the store and opens what it kept; absent where nothing is kept. */
  readonly reopen?: () => Promise<Store>;
  /** Removes what the store left behind. */
  readonly cleanUp?: () => Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined => value && new TextDecoder().decode(value);
const show = ({ type, key, value, revision }: Change): string => `${type} ${key}=${text(value) ?? ""} @${revision}`;

async function put(store: Store, key: string, value: string, expected?: number): Promise<number> {
  const result = await store.write(key, bytes(value), expected);
  if (!result.ok) throw new Error(`the write of ${key} was refused`);
  return result.revision;
}

async function remove(store: Store, key: string): Promise<number> {
  const result = await store.write(key, undefined);
  if (!result.ok) throw new Error(`the deletion of ${key} was refused`);
  return result.revision;
}

async function listed(store: Store, prefix: string, atRevision?: number): Promise<string[]> {
  return (await store.range(prefix, { atRevision })).entries.map(({ key, value }) => `${key}=${text(value)}`);
}

/** Watches until `count` changes came. */
async function watched(store: Store, prefix: string, after: number, count: number): Promise<Change[]> {
  const stop = new AbortController();
  const out: Change[] = [];
  for await (const batch of store.watch(prefix, after, stop.signal)) {
    out.push(...batch);
    if (out.length >= count) stop.abort();
  }
  return out;
}

export function describeStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`store contract: ${name}`, () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      subject = await make();
      store = subject.store;
    });
    afterEach(async () => {
      await store[Symbol.asyncDispose]();
      await subject.cleanUp?.();
    });
    describeWrites(() => store);
    describeConcurrency(() => store);
    describeReads(() => store);
    describeWatches(() => store);
    describeWatchEnds(() => store);
    describeCompaction(() => store);
    describeReopening(
      () => store,
      async () => (subject.reopen === undefined ? undefined : (store = await subject.reopen())),
    );
  });
}

function describeWrites(current: () => Store): void {
  test("an empty store is at revision 1, each write takes the next", async () => {
    const store = current();
    expect(await store.revision()).toBe(1);
    expect(await put(store, "/a", "1")).toBe(2);
    expect(await put(store, "/b", "1")).toBe(3);
    expect(await remove(store, "/a")).toBe(4);
    expect(await store.revision()).toBe(4);
  });

  test("an entry knows its own and its creation's revision; recreation starts anew", async () => {
    const store = current();
    await put(store, "/a", "1");
    await put(store, "/a", "2");
    expect(await store.get("/a")).toMatchObject({ revision: 3, createRevision: 2 });
    await remove(store, "/a");
    expect(await store.get("/a")).toBeUndefined();
    await put(store, "/a", "3");
    expect(await store.get("/a")).toMatchObject({ revision: 5, createRevision: 5 });
  });

  test("compare-and-swap: the right revision wins, a wrong one gets what is there", async () => {
    const store = current();
    const first = await put(store, "/a", "1", 0);
    const second = await put(store, "/a", "2", first);
    const lost = await store.write("/a", bytes("3"), first);
    expect(lost.ok).toBe(false);
    expect(lost.ok ? undefined : lost.current).toMatchObject({ revision: second });
    expect(text(lost.ok ? undefined : lost.current?.value)).toBe("2");
    expect((await store.write("/a", bytes("4"), 0)).ok).toBe(false);
    expect(await store.write("/none", bytes("1"), 7)).toEqual({ ok: false, current: undefined });
    expect((await store.write("/a", undefined, first)).ok).toBe(false);
    expect((await store.write("/a", undefined, second)).ok).toBe(true);
    expect(await store.revision()).toBe(4);
  });

  test("a write gives what was there before; deleting nothing changes nothing", async () => {
    const store = current();
    await put(store, "/a", "1");
    const result = await store.write("/a", bytes("2"));
    expect(text(result.ok ? result.previous?.value : undefined)).toBe("1");
    expect(await store.write("/none", undefined)).toEqual({ ok: true, revision: 3, previous: undefined });
    expect(await store.revision()).toBe(3);
  });
}

function describeConcurrency(current: () => Store): void {
  test("of many concurrent swaps of one key each revision is beaten once", async () => {
    const store = current();
    await put(store, "/n", "0");
    let refused = 0;
    const increment = async (): Promise<void> => {
      for (;;) {
        const entry = await store.get("/n");
        const result: WriteResult = await store.write("/n", bytes(String(Number(text(entry?.value)) + 1)), entry?.revision);
        if (result.ok) return;
        refused += 1;
      }
    };
    await Promise.all(Array.from({ length: 40 }, increment));
    expect(text((await store.get("/n"))?.value)).toBe("40");
    expect(await store.revision()).toBe(42);
    expect(refused).toBeGreaterThan(0);
  });

  test("concurrent creations of one key: exactly one succeeds", async () => {
    const store = current();
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.write("/a", bytes(String(i)), 0)));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.every((result) => result.ok || result.current?.revision === 2)).toBe(true);
  });

  test("values of any size up to megabytes, also empty ones, come back as they went in", async () => {
    const store = current();
    for (const size of [0, 1, 2047, 2048, 8192, 1_500_000]) {
      const value = new Uint8Array(size).map((_, i) => i * 7);
      await store.write(`/size/${size}`, value);
      const back = (await store.get(`/size/${size}`))?.value;
      expect(back?.length).toBe(size);
      expect(back?.every((byte, i) => byte === value[i])).toBe(true);
    }
    await expect(store.write("/huge", new Uint8Array(9 * 1024 * 1024))).rejects.toThrow("larger than the limit");
  });

  test("after closing, every operation is refused", async () => {
    const store = current();
    const last = store.write("/a", bytes("1"));
    await store[Symbol.asyncDispose]();
    expect((await last).ok).toBe(true);
    await expect(store.write("/a", bytes("2"))).rejects.toThrow("closed");
    await expect(store.get("/a")).rejects.toThrow("closed");
  });
}

function describeReads(current: () => Store): void {
  test("a range has its prefix only, in key order", async () => {
    const store = current();
    for (const key of ["/pods/b/1", "/pods/a/2", "/pods/a/10", "/podsx", "/pods", "/pod/z", "/pods/a-b/1"]) await put(store, key, "v");
    expect((await listed(store, "/pods/")).map((line) => line.split("=")[0])).toEqual([
      "/pods/a-b/1",
      "/pods/a/10",
      "/pods/a/2",
      "/pods/b/1",
    ]);
    expect(await listed(store, "/pods/a/")).toEqual(["/pods/a/10=v", "/pods/a/2=v"]);
    expect(await listed(store, "/none/")).toEqual([]);
  });

  test("pages: limit, after and remaining, all at the first page's revision", async () => {
    const store = current();
    for (let i = 0; i < 25; i += 1) await put(store, `/p/${String(i).padStart(2, "0")}`, "v");
    const first = await store.range("/p/", { limit: 10 });
    expect([first.entries.length, first.remaining, first.revision]).toEqual([10, 15, 26]);
    await remove(store, "/p/15");
    await put(store, "/p/12", "new");
    const second = await store.range("/p/", { limit: 10, after: "/p/09", atRevision: first.revision });
    expect(second.entries.map(({ key }) => key).slice(0, 2)).toEqual(["/p/10", "/p/11"]);
    expect([second.entries.length, second.remaining, second.revision]).toEqual([10, 5, 26]);
    expect(text(second.entries[2]?.value)).toBe("v");
    expect((await store.range("/p/", { after: "/p/19" })).entries).toHaveLength(5);
    expect((await store.range("/p/")).entries).toHaveLength(24);
  });

  test("reads at older revisions, before creations and between deletion and recreation", async () => {
    const store = current();
    await put(store, "/a", "1");
    await put(store, "/b", "1");
    await put(store, "/a", "2");
    await remove(store, "/a");
    await put(store, "/a", "3");
    expect(await listed(store, "/", 1)).toEqual([]);
    expect(await listed(store, "/", 2)).toEqual(["/a=1"]);
    expect(await listed(store, "/", 4)).toEqual(["/a=2", "/b=1"]);
    expect(await listed(store, "/", 5)).toEqual(["/b=1"]);
    expect(await listed(store, "/", 6)).toEqual(["/a=3", "/b=1"]);
    await expect(store.range("/", { atRevision: 7 })).rejects.toThrow(FutureRevisionError);
  });
}

function describeWatches(current: () => Store): void {
  test("a watch gives what happened after its revision, then what happens", async () => {
    const store = current();
    await put(store, "/w/a", "1");
    await put(store, "/other", "1");
    await put(store, "/w/a", "2");
    const changes = watched(store, "/w/", 2, 3);
    await remove(store, "/w/a");
    await put(store, "/w/b", "1");
    expect((await changes).map(show)).toEqual(["put /w/a=2 @4", "delete /w/a= @5", "put /w/b=1 @6"]);
  });

  test("a change knows what was there before and when the key was created", async () => {
    const store = current();
    await put(store, "/w/a", "1");
    await put(store, "/w/a", "2");
    await remove(store, "/w/a");
    const [created, updated, deleted] = await watched(store, "/w/", 1, 3);
    expect([created?.previous, created?.createRevision]).toEqual([undefined, 2]);
    expect([text(updated?.previous?.value), updated?.previous?.revision, updated?.createRevision]).toEqual(["1", 2, 2]);
    expect([text(deleted?.previous?.value), deleted?.value, deleted?.createRevision]).toEqual(["2", undefined, 2]);
  });

  test("every one of many watchers sees every change once and in order", async () => {
    const store = current();
    const all = Array.from({ length: 20 }, (_, i) => watched(store, i % 2 === 0 ? "/w/" : "/w/1", 1, i % 2 === 0 ? 300 : 100));
    await Promise.all(Array.from({ length: 300 }, (_, i) => put(store, `/w/${i % 3}/${i}`, "v")));
    for (const [i, changes] of (await Promise.all(all)).entries()) {
      const revisions = changes.map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      expect(new Set(revisions).size).toBe(i % 2 === 0 ? 300 : 100);
    }
  });

  test("a watch from a future revision waits for it", async () => {
    const store = current();
    const changes = watched(store, "/", 3, 1);
    await put(store, "/a", "2");
    await put(store, "/a", "3");
    await put(store, "/a", "4");
    expect((await changes).map(show)).toEqual(["put /a=4 @4"]);
  });
}

function describeWatchEnds(current: () => Store): void {
  test("an aborted watch ends, waiting or not, and so does one whose store closes", async () => {
    const store = current();
    const stop = new AbortController();
    const drained = async (signal: AbortSignal): Promise<number> => {
      let seen = 0;
      for await (const batch of store.watch("/", 1, signal)) seen += batch.length;
      return seen;
    };
    const waiting = drained(stop.signal);
    const closing = drained(new AbortController().signal);
    await put(store, "/a", "1");
    stop.abort();
    expect(await waiting).toBeLessThanOrEqual(1);
    expect(await drained(stop.signal)).toBe(0);
    await store[Symbol.asyncDispose]();
    expect(await closing).toBeLessThanOrEqual(1);
  });

  test("a slow watcher misses nothing", async () => {
    const store = current();
    const stop = new AbortController();
    const seen: number[] = [];
    const iterator = store.watch("/", 1, stop.signal)[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i += 1) {
      await Promise.all(Array.from({ length: 200 }, (_, j) => put(store, `/${j}`, "v")));
      const next = await iterator.next();
      if (!next.done) seen.push(...next.value.map(({ revision }) => revision));
    }
    while (seen.length < 1000) {
      const next = await iterator.next();
      if (!next.done) seen.push(...next.value.map(({ revision }) => revision));
    }
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i + 2));
    stop.abort();
    expect((await iterator.next()).done).toBe(true);
  });
}

function describeCompaction(current: () => Store): void {
  test("compaction forgets history, keeps current values and what its own revision shows", async () => {
    const store = current();
    await put(store, "/a", "1");
    await put(store, "/a", "2");
    await put(store, "/gone", "1");
    await remove(store, "/gone");
    await put(store, "/b", "1");
    await put(store, "/a", "3");
    await store.compact(5);
    await expect(store.range("/", { atRevision: 4 })).rejects.toThrow(CompactedError);
    await expect(watched(store, "/", 4, 1)).rejects.toThrow(CompactedError);
    expect(await listed(store, "/", 5)).toEqual(["/a=2"]);
    expect(await listed(store, "/")).toEqual(["/a=3", "/b=1"]);
    expect((await watched(store, "/", 5, 2)).map(show)).toEqual(["put /b=1 @6", "put /a=3 @7"]);
    expect(await store.revision()).toBe(7);
  });

  test("compaction up to the newest revision; an earlier or later one is refused", async () => {
    const store = current();
    await put(store, "/a", "1");
    await remove(store, "/a");
    await store.compact(3);
    expect(await store.revision()).toBe(3);
    expect(await put(store, "/a", "2")).toBe(4);
    expect(await store.get("/a")).toMatchObject({ createRevision: 4 });
    await expect(store.compact(2)).rejects.toThrow(CompactedError);
    await expect(store.compact(9)).rejects.toThrow(FutureRevisionError);
  });

  test("a waiting watch survives compaction and goes on", async () => {
    const store = current();
    const changes = watched(store, "/w/", 1, 1);
    for (let i = 0; i < 10; i += 1) await put(store, "/other", String(i));
    await store.compact(11);
    await put(store, "/w/a", "1");
    expect((await changes).map(show)).toEqual(["put /w/a=1 @12"]);
  });
}

function describeReopening(current: () => Store, reopen: () => Promise<Store | undefined>): void {
  test("after a reopen: values, revisions, history and watches are as before", async () => {
    const before = current();
    await put(before, "/a", "1");
    await put(before, "/gone", "1");
    await put(before, "/a", "2");
    await before.compact(3);
    await remove(before, "/gone");
    await put(before, "/b", "1");
    await put(before, "/b", "2");
    const store = await reopen();
    if (store === undefined) return;
    expect(await store.revision()).toBe(7);
    expect(await listed(store, "/")).toEqual(["/a=2", "/b=2"]);
    expect(await listed(store, "/", 3)).toEqual(["/a=1", "/gone=1"]);
    expect(await store.get("/a")).toMatchObject({ revision: 4, createRevision: 2 });
    expect((await watched(store, "/", 3, 4)).map(show)).toEqual(["put /a=2 @4", "delete /gone= @5", "put /b=1 @6", "put /b=2 @7"]);
    await expect(store.range("/", { atRevision: 2 })).rejects.toThrow(CompactedError);
    expect(await put(store, "/b", "3", 7)).toBe(8);
    await store.compact(8);
    expect(await listed((await reopen())!, "/")).toEqual(["/a=2", "/b=3"]);
  });

  test("the revision never goes back, even when the last change was a compacted deletion", async () => {
    const before = current();
    await put(before, "/a", "1");
    await remove(before, "/a");
    await before.compact(3);
    const store = await reopen();
    if (store === undefined) return;
    expect(await store.revision()).toBe(3);
    expect(await put(store, "/a", "2")).toBe(4);
  });
}
