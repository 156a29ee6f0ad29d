import { mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeStore } from "../store/contract.ts";
import { openLmdbStore } from "./lmdbStore.ts";
import { StateFolderError } from "./stateFolder.ts";

describeStore("lmdb", async () => {
  const dir = await mkdtemp(join(tmpdir(), "store-contract-"));
  let store = await openLmdbStore(dir);
  return {
    store,
    reopen: async () => {
      await store[Symbol.asyncDispose]();
      return (store = await openLmdbStore(dir));
    },
    cleanUp: () => rm(dir, { recursive: true }),
  };
});

describe("the state folder", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "store-folder-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test("is private to its owner", async () => {
    const inner = join(dir, "a", "b");
    const store = await openLmdbStore(inner);
    expect((await stat(inner)).mode & 0o777).toBe(0o700);
    for (const file of ["data.mdb", "FORMAT"]) expect((await stat(join(inner, file))).mode & 0o077).toBe(0);
    await store[Symbol.asyncDispose]();
  });

  test("is refused to a second opener, and free again after closing", async () => {
    const store = await openLmdbStore(dir);
    const refusal = await openLmdbStore(dir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StateFolderError);
    expect(String(refusal)).toContain(`the state folder ${dir} is in use by process ${process.pid}: stop it first`);
    await store[Symbol.asyncDispose]();
    await (await openLmdbStore(dir))[Symbol.asyncDispose]();
  });

  test.each([
    ["coxswain-store 2", "has format 2 and this version reads format 1: use the newer version"],
    ["coxswain-store 0", "has format 0 and this version reads format 1: use the older version"],
    ["etcd", 'holds something else (its FORMAT says "etcd"): choose another'],
  ])("of format %s is refused with what to do", async (content, message) => {
    await writeFile(join(dir, "FORMAT"), `${content}\n`);
    await expect(openLmdbStore(dir)).rejects.toThrow(message);
    expect(await readFile(join(dir, "FORMAT"), "utf8")).toBe(`${content}\n`);
  });

  test("that is a file, or holds another program's data, is refused in one sentence", async () => {
    await writeFile(join(dir, "file"), "");
    await expect(openLmdbStore(join(dir, "file"))).rejects.toThrow(/can't be created .*: choose another one/);
    await writeFile(join(dir, "data.mdb"), "another program's");
    await expect(openLmdbStore(dir)).rejects.toThrow("holds something else (a data.mdb without a FORMAT): choose another");
  });

  test("with a broken database is refused in one sentence", async () => {
    const store = await openLmdbStore(dir);
    for (let i = 0; i < 20; i += 1) await store.write(`/${i}`, new Uint8Array(4096));
    await store[Symbol.asyncDispose]();
    const good = await readFile(join(dir, "data.mdb"));
    await truncate(join(dir, "data.mdb"), good.length >> 1);
    await expect(openLmdbStore(dir)).rejects.toThrow(/can't be read \(data.mdb was cut off\): restore it from a copy/);
    await writeFile(join(dir, "data.mdb"), good.fill(7, 0, 100));
    await expect(openLmdbStore(dir)).rejects.toThrow("data.mdb is not a database");
  });

  // As a commit leaves it now and then: the last pages were taken and given back within it, so they are counted and were never written.
  test("whose file lacks pages at its end that nothing uses opens; with one less that is used it is refused", async () => {
    const store = await openLmdbStore(dir);
    const written = Array.from({ length: 300 }, (_, i) => new Uint8Array(i % 10 === 0 ? 40_000 : 1000).fill(i));
    for (const [i, value] of written.entries()) await store.write(`/${i}`, value);
    await store[Symbol.asyncDispose]();
    const file = join(dir, "data.mdb");
    const short = await readFile(file);
    const lastPage = 144;
    const size = BigInt(short.length / 8192);
    for (const meta of [0, 8192]) short.writeBigUInt64LE(size + 2n, meta + lastPage);
    await writeFile(file, short);
    const again = await openLmdbStore(dir);
    const found = (await again.range("/")).entries.map(({ key, value }) => [key, value.length, value[0]]);
    expect(found.toSorted()).toEqual(written.map((value, i) => [`/${i}`, value.length, value[0]]).toSorted());
    await again[Symbol.asyncDispose]();
    const pages = (await readFile(file)).length / 8192;
    const refusals: boolean[] = [];
    for (let kept = pages - 1; kept > pages - 30; kept -= 1) {
      await truncate(file, kept * 8192);
      refusals.push(
        await openLmdbStore(dir).then(
          async (opened) => {
            expect((await opened.range("/")).entries).toHaveLength(300);
            await opened[Symbol.asyncDispose]();
            return false;
          },
          (error: unknown) => String(error).includes("data.mdb was cut off"),
        ),
      );
    }
    expect(refusals.lastIndexOf(false)).toBeLessThan(refusals.indexOf(true));
    expect(refusals.at(-1)).toBe(true);
  });

  test("whose very creation was cut off starts empty", async () => {
    const store = await openLmdbStore(dir);
    await store[Symbol.asyncDispose]();
    await truncate(join(dir, "data.mdb"), 4096);
    const again = await openLmdbStore(dir);
    expect(await again.revision()).toBe(1);
    await again[Symbol.asyncDispose]();
  });
});
