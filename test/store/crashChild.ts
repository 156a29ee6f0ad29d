/** A process that writes as hard as it can and tells on its standard output what was acknowledged, until it is killed. */
import { writeSync } from "node:fs";
import { openLmdbStore } from "../../src/host-node/lmdbStore.ts";
import { below, seededRng } from "../../src/base/rng.ts";
import type { Store } from "../../src/store/store.ts";

const writers = 8;
const keysPerWriter = 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Lines of `put|delete|count KEY SEQUENCE REVISION`. */
function acknowledge(...fields: (string | number)[]): void {
  writeSync(1, `${fields.join(" ")}\n`);
}

async function increment(store: Store): Promise<void> {
  const entry = await store.get("/counter");
  const next = Number(entry === undefined ? 0 : decoder.decode(entry.value)) + 1;
  const result = await store.write("/counter", encoder.encode(String(next)), entry?.revision ?? 0);
  if (result.ok) acknowledge("count", "/counter", next, result.revision);
}

async function writer(store: Store, id: number, seed: number): Promise<void> {
  const rng = seededRng(seed * writers + id);
  for (;;) {
    const key = `/writer-${id}/${below(rng, keysPerWriter)}`;
    const entry = await store.get(key);
    // Revisions only grow, across all runs of the process too, so they serve as sequence.
    const sequence = (await store.revision()) + 1;
    const kind = rng.next();
    if (kind < 0.15) await increment(store);
    else if (kind < 0.25 && entry !== undefined) {
      const result = await store.write(key, undefined, entry.revision);
      if (result.ok) acknowledge("delete", key, sequence, result.revision);
    } else {
      const value = encoder.encode(`${key} ${sequence} ${"x".repeat(below(rng, 4000))}`);
      const result = await store.write(key, value, entry?.revision ?? 0);
      if (result.ok) acknowledge("put", key, sequence, result.revision);
    }
    if (id === 0 && kind > 0.97) await store.compact(Math.max(1, (await store.revision()) - 200));
  }
}

async function main(dir: string, seed: number): Promise<void> {
  const store = await openLmdbStore(dir, { historyChanges: 2000 });
  writeSync(1, "ready\n");
  await Promise.all(Array.from({ length: writers }, (_, id) => writer(store, id, seed)));
}

await main(process.argv[2] ?? "", Number(process.argv[3]));
