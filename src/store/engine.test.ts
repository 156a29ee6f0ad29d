import { expect, test } from "vitest";
import { createEngine } from "./engine.ts";
import type { Batch, Medium } from "./medium.ts";
import { CompactedError, StorageError } from "./store.ts";
import { Versions } from "./versions.ts";

/** Keeps values apart from the engine, counts commits and fails on demand. */
class Probe implements Medium {
  readonly values = new Map<number, Uint8Array>();
  readonly groups: number[] = [];
  failing = false;

  async commit({ versions, forget }: Batch): Promise<void> {
    await Promise.resolve();
    if (this.failing) throw new Error("no space left on device");
    this.groups.push(versions.length);
    for (const { revision, value } of versions) if (value !== undefined) this.values.set(revision, value);
    for (const revision of forget) this.values.delete(revision);
  }
  read(revision: number): Uint8Array | undefined {
    return this.values.get(revision);
  }
  gather(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("concurrent writers share commits", async () => {
  const probe = new Probe();
  const store = createEngine(new Versions(1), probe, {});
  const writer = async (id: number): Promise<void> => {
    for (let i = 0; i < 10; i += 1) await store.write(`/${id}`, bytes(String(i)));
  };
  await Promise.all(Array.from({ length: 50 }, (_, id) => writer(id)));
  expect(probe.groups.length).toBeLessThan(30);
  expect(probe.groups.reduce((a, b) => a + b, 0)).toBe(500);
});

test("a write that the medium refuses did not happen: nothing is visible, watched or numbered", async () => {
  const probe = new Probe();
  const store = createEngine(new Versions(1), probe, {});
  await store.write("/a", bytes("1"));
  probe.failing = true;
  const failures = await Promise.allSettled([
    store.write("/a", bytes("2")),
    store.write("/b", bytes("1")),
    store.write("/a", undefined, 3),
  ]);
  expect(failures.map((result) => result.status === "rejected" && result.reason instanceof StorageError)).toEqual([true, true, true]);
  expect(await store.revision()).toBe(2);
  expect((await store.range("/")).entries.map(({ key }) => key)).toEqual(["/a"]);
  probe.failing = false;
  expect(await store.write("/a", bytes("3"), 2)).toMatchObject({ ok: true, revision: 3 });
  expect(await store.write("/b", bytes("1"), 0)).toMatchObject({ ok: true, revision: 4 });
});

test("only recent values stay in memory, older ones are read from the medium", async () => {
  const probe = new Probe();
  const versions = new Versions(1);
  const store = createEngine(versions, probe, { cachedBytes: 2000 });
  for (let i = 0; i < 100; i += 1) await store.write(`/${i % 20}`, new Uint8Array(100).fill(i));
  let cached = 0;
  for (let at = 2; at <= 101; at += 1) if (versions.logged(at).value !== undefined) cached += 1;
  expect(cached).toBeLessThan(45);
  expect((await store.range("/", { atRevision: 30 })).entries.find(({ key }) => key === "/8")?.value[0]).toBe(28);
  await store.compact(101);
  expect(probe.values.size).toBe(20);
});

test("a long range lets others have turns, and fails cleanly when its revision is compacted meanwhile", async () => {
  const probe = new Probe();
  const store = createEngine(new Versions(1), probe, { cachedBytes: 0 });
  for (let i = 0; i < 1000; i += 1) await store.write(`/${i}`, bytes(String(i)));
  const range = store.range("/");
  const overtaking = Promise.all([store.write("/5", bytes("new")), store.write("/999", bytes("new"))]).then(() => store.compact(1003));
  await expect(range).rejects.toThrow(CompactedError);
  await overtaking;
  expect((await store.range("/")).entries).toHaveLength(1000);
});
