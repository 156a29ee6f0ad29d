import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheFileFor, type Loaded, runCached } from "./codeCache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "code-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Exports {
  answer(): string;
  readonly folder: string;
}

function load(text: string, part = "get"): Loaded<Exports> {
  const path = join(folder, "program.cjs");
  const source = `const { basename } = require("node:path");\nexports.answer = () => basename("/x/${text}");\nexports.folder = __dirname;`;
  if (!existsSync(path)) writeFileSync(path, source);
  const cacheFile = cacheFileFor(path, part, { XDG_CACHE_HOME: join(folder, "cache") }, "/nowhere");
  return runCached<Exports>({ path, cacheFile, require: createRequire(import.meta.url) });
}

const cacheFile = (): string => join(folder, "cache/coxswain", readdirSync(join(folder, "cache/coxswain"))[0] ?? "");

test("a program runs as a CommonJS module; the next run takes its code from the cache", () => {
  const first = load("one");
  expect([first.exports.answer(), first.exports.folder, first.hit]).toEqual(["one", folder, false]);
  first.keep();
  const second = load("one");
  expect([second.exports.answer(), second.hit]).toEqual(["one", true]);
  expect(statSync(cacheFile()).mode & 0o777).toBe(0o600);
});

test("each verb has its own, and only so many are kept", () => {
  load("one", "get").keep();
  const other = load("one", "delete");
  expect(other.hit).toBe(false);
  other.keep();
  expect([load("one", "get").hit, load("one", "delete").hit]).toEqual([true, true]);
  for (let n = 0; n < 40; n += 1) load("one", `word-${n}`).keep();
  expect(readdirSync(join(folder, "cache/coxswain"))).toHaveLength(16);
});

test("another build isn't run by the old one's code", () => {
  load("one").keep();
  rmSync(join(folder, "program.cjs"));
  const changed = load("three");
  expect([changed.exports.answer(), changed.hit]).toEqual(["three", false]);
});

test.each([
  ["others may write to it", () => chmodSync(cacheFile(), 0o622)],
  ["it is cut short", () => truncateSync(cacheFile(), 600)],
  ["it is no cache at all", () => writeFileSync(cacheFile(), "{}")],
])("the cache isn't believed when %s", (_, harm) => {
  load("one").keep();
  harm();
  const again = load("one");
  expect([again.exports.answer(), again.hit]).toEqual(["one", false]);
});

test("a home that can't be written is no failure", () => {
  writeFileSync(join(folder, "cache"), "a file where the folder should be");
  const first = load("one");
  first.keep();
  expect(first.exports.answer()).toBe("one");
});

test("a cache for each place, at home where nothing else is said", () => {
  expect(cacheFileFor("/opt/cox/kubectl.cjs", "get", {}, "/home/me")).toBe("/home/me/.cache/coxswain/%2Fopt%2Fcox%2Fkubectl.cjs.get.code");
  expect(cacheFileFor("/a/b", "get", { XDG_CACHE_HOME: "/c" }, "/home/me")).toBe("/c/coxswain/%2Fa%2Fb.get.code");
});
