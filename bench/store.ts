/** Durable writes of 2 KB with compare-and-swap, by number of concurrent writers; opening and listing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbStore } from "../src/host-node/lmdbStore.ts";
import { memoryStore } from "../src/store/memory.ts";
import type { Store } from "../src/store/store.ts";

const value = new Uint8Array(2048).fill(7);
const secondsPerCase = 2;

async function writesPerSecond(store: Store, writers: number): Promise<string> {
  const start = performance.now();
  const end = start + secondsPerCase * 1000;
  const latencies: number[] = [];
  const writer = async (id: number): Promise<void> => {
    const revisions = new Map<string, number>();
    for (let i = 0; performance.now() < end; i += 1) {
      const key = `/registry/pods/default/writer-${writers}-${id}-${i % 50}`;
      const asked = performance.now();
      const result = await store.write(key, value, revisions.get(key) ?? 0);
      if (!result.ok) throw new Error(`${key} was written by somebody else`);
      revisions.set(key, result.revision);
      latencies.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, id) => writer(id)));
  const sorted = latencies.toSorted((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  return `${Math.round(latencies.length / ((performance.now() - start) / 1000))}/s p99 ${p99.toFixed(1)} ms`;
}

async function timed<T>(work: () => Promise<T>): Promise<[T, string]> {
  const start = performance.now();
  const result = await work();
  return [result, `${(performance.now() - start).toFixed(1)} ms`];
}

const dir = await mkdtemp(join(tmpdir(), "store-bench-"));
let disk = await openLmdbStore(dir);
const memory = memoryStore();
for (const writers of [1, 16, 128]) {
  console.log(`lmdb, ${writers} writers: ${await writesPerSecond(disk, writers)}`);
  console.log(`memory, ${writers} writers: ${await writesPerSecond(memory, writers)}`);
}
for (let i = 0; i < 100_000; i += 1000) {
  await Promise.all(Array.from({ length: 1000 }, (_, j) => disk.write(`/registry/things/default/object-${i + j}`, value)));
}
await disk[Symbol.asyncDispose]();
const [reopened, opening] = await timed(() => openLmdbStore(dir));
disk = reopened;
const [{ entries }, listing] = await timed(() => disk.range("/registry/things/", { limit: 5000 }));
const [, again] = await timed(() => disk.range("/registry/things/", { limit: 5000 }));
console.log(`lmdb, open with 100,000 objects: ${opening}; list of ${entries.length}: ${listing}, then ${again}`);
await disk[Symbol.asyncDispose]();
await rm(dir, { recursive: true });
