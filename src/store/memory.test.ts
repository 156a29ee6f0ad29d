import { expect, test } from "vitest";
import { describeStore } from "./contract.ts";
import { memoryStore } from "./memory.ts";
import { CompactedError } from "./store.ts";

describeStore("memory", () => Promise.resolve({ store: memoryStore() }));

const value = new Uint8Array(100);

test("history over the number of changes is compacted by itself", async () => {
  const store = memoryStore({ historyChanges: 50 });
  for (let i = 0; i < 200; i += 1) await store.write(`/k${i % 10}`, value);
  await expect(store.range("/", { atRevision: 140 })).rejects.toThrow(CompactedError);
  expect((await store.range("/", { atRevision: 160 })).entries).toHaveLength(10);
});

test("history over the number of bytes is compacted by itself", async () => {
  const store = memoryStore({ historyBytes: 5000 });
  for (let i = 0; i < 200; i += 1) await store.write(`/k${i % 10}`, value);
  await expect(store.range("/", { atRevision: 140 })).rejects.toThrow(CompactedError);
  expect((await store.range("/", { atRevision: 160 })).entries).toHaveLength(10);
});
