/** Writes until the disk refuses, then lifts the limit it was started with and goes on; tells what happened as one line of JSON. */
import { execFileSync } from "node:child_process";
import { openLmdbStore } from "../../src/host-node/lmdbStore.ts";
import { StorageError } from "../../src/store/store.ts";

async function main(dir: string): Promise<void> {
  const store = await openLmdbStore(dir);
  let acknowledged = 0;
  let refusal: unknown;
  for (let i = 0; refusal === undefined && i < 10_000; i += 1) {
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, j) => store.write(`/${i}-${j}`, new Uint8Array(4000))));
    for (const result of results) {
      if (result.status === "fulfilled") acknowledged += 1;
      else refusal = result.reason;
    }
  }
  const kept = (await store.range("/")).entries.length;
  const revision = await store.revision();
  execFileSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
  for (let i = 0; i < 20; i += 1) await store.write(`/${i}-0`, undefined);
  await store.compact(await store.revision());
  const afterwards = await store.write("/small", new Uint8Array(10));
  await store[Symbol.asyncDispose]();
  const again = await openLmdbStore(dir);
  const reopened = (await again.range("/")).entries.length;
  await again[Symbol.asyncDispose]();
  const refused = refusal instanceof StorageError ? refusal.message : `not a StorageError: ${String(refusal)}`;
  console.log(JSON.stringify({ acknowledged, kept, revision, refused, afterwards: afterwards.ok, reopened }));
}

await main(process.argv[2] ?? "");
