/** Rounds of: let a child write, kill it at a random moment, open what it left, and check that nothing acknowledged is lost and all is consistent. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import { openLmdbStore } from "../../src/host-node/lmdbStore.ts";
import { type Change, CompactedError, type Store } from "../../src/store/store.ts";
import { bundleChild } from "./bundleChild.ts";

const writers = 8;

interface Acknowledged {
  readonly kind: string;
  readonly key: string;
  readonly sequence: number;
  readonly revision: number;
}

export interface CrashSummary {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly killedWhileOpening: number;
}

/** Throws with the seed and the round on the first thing that is wrong. */
export async function crashRounds(rounds: number, seed: number): Promise<CrashSummary> {
  const dir = await mkdtemp(join(tmpdir(), "store-crash-"));
  const rng = seededRng(seed);
  const last = new Map<string, Acknowledged>();
  let acknowledged = 0;
  let killedWhileOpening = 0;
  try {
    const child = join(dir, "child.mjs");
    await bundleChild("test/store/crashChild.ts", child);
    for (let round = 0; round < rounds; round += 1) {
      const lines = await runAndKill(child, join(dir, "state"), rng);
      if (!lines.includes("ready")) killedWhileOpening += 1;
      const told = lines.filter((line) => line !== "ready").map(parse);
      acknowledged += told.length;
      for (const line of told) last.set(line.key, line);
      await check(join(dir, "state"), last).catch((cause: unknown) => {
        throw new Error(`seed ${seed}, round ${round}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      });
    }
    return { rounds, acknowledged, killedWhileOpening };
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function runAndKill(child: string, dir: string, rng: Rng): Promise<string[]> {
  const process = spawn(globalThis.process.execPath, [child, dir, String(below(rng, 1_000_000))], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let complaint = "";
  const ready = new Promise<void>((seen) => {
    process.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.startsWith("ready\n")) seen();
    });
  });
  process.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const ended = new Promise<void>((closed) => process.on("close", () => closed()));
  if (rng.next() < 0.15) await Promise.race([wait(below(rng, 120)), ended]);
  else {
    await Promise.race([ready, ended]);
    await Promise.race([wait(below(rng, 50)), ended]);
  }
  process.kill("SIGKILL");
  await ended;
  if (process.signalCode !== "SIGKILL") throw new Error(`the child ended by itself: ${complaint}`);
  // A last line without its end was never told.
  return output.split("\n").slice(0, -1);
}

function parse(line: string): Acknowledged {
  const [kind, key, sequence, revision] = line.split(" ");
  if (kind === undefined || key === undefined) throw new Error(`odd line ${line}`);
  return { kind, key, sequence: Number(sequence), revision: Number(revision) };
}

/** Checks against what was told last of each key; then what is there counts as told, as nobody will write below it again. */
async function check(dir: string, last: Map<string, Acknowledged>): Promise<void> {
  const store = await openLmdbStore(dir, { historyChanges: 2000 });
  try {
    const contents = await contentsOf(store);
    const deletions = await checkHistory(store, contents);
    for (const line of last.values()) checkKey(line, contents, deletions);
    const revision = await store.revision();
    const newest = Math.max(1, ...[...last.values()].map((line) => line.revision));
    if (revision < newest) throw new Error(`the revision went back from ${newest} to ${revision}`);
    for (const [key, at] of deletions) if (last.has(key)) last.set(key, { kind: "delete", key, sequence: 0, revision: at });
    for (const [key, content] of contents) last.set(key, observed(key, content));
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

interface Content {
  readonly text: string;
  readonly revision: number;
}

async function contentsOf(store: Store): Promise<Map<string, Content>> {
  const { entries } = await store.range("/");
  return new Map(entries.map(({ key, value, revision }) => [key, { text: new TextDecoder().decode(value), revision }]));
}

function observed(key: string, { text, revision }: Content): Acknowledged {
  if (key === "/counter") return { kind: "count", key, sequence: Number(text), revision };
  return { kind: "put", key, sequence: Number(text.split(" ")[1]), revision };
}

function checkKey(line: Acknowledged, contents: ReadonlyMap<string, Content>, deletions: ReadonlyMap<string, number>): void {
  const { kind, key, sequence, revision } = line;
  const found = contents.get(key);
  if (kind === "count") {
    const counted = Number(found?.text);
    if (counted < sequence || counted > sequence + writers) throw new Error(`counted to ${sequence}, found ${counted}`);
    return;
  }
  if (found === undefined) {
    // The write under way when the child was killed may have been a deletion that nobody was told of.
    if (kind === "put" && (deletions.get(key) ?? 0) <= revision) throw new Error(`${key}: acknowledged at ${revision}, missing`);
    return;
  }
  if (found.revision < revision) throw new Error(`${key}: acknowledged at ${revision}, found ${found.revision}`);
  if (found.revision === revision && kind === "delete") throw new Error(`${key} was deleted at ${revision} and is there`);
  const [name, stored] = found.text.split(" ");
  if (name !== key) throw new Error(`${key} holds the value of ${name}`);
  if (found.revision === revision && Number(stored) !== sequence) throw new Error(`${key} holds another write's value`);
}

/** The whole history has no gap, and played to its end it is what a list shows. Gives the deletions in it that still hold. */
async function checkHistory(store: Store, contents: ReadonlyMap<string, Content>): Promise<Map<string, number>> {
  const start = await historyStart(store);
  const played = new Map((await store.range("/", { atRevision: start })).entries.map(({ key, revision }) => [key, revision]));
  const end = await store.revision();
  const deletions = new Map<string, number>();
  let at = start;
  const stop = new AbortController();
  if (at === end) stop.abort();
  for await (const batch of store.watch("/", start, stop.signal)) {
    for (const change of batch) {
      at = play(change, at, played);
      if (change.type === "delete") deletions.set(change.key, at);
      else deletions.delete(change.key);
    }
    if (at >= end) stop.abort();
  }
  if (played.size !== contents.size) throw new Error(`the history leads to ${played.size} keys, there are ${contents.size}`);
  for (const [key, { revision }] of contents) if (played.get(key) !== revision) throw new Error(`${key}: the history leads elsewhere`);
  return deletions;
}

function play({ type, key, revision, previous }: Change, at: number, played: Map<string, number>): number {
  if (revision !== at + 1) throw new Error(`the history goes from ${at} to ${revision}`);
  if ((previous?.revision ?? 0) !== (played.get(key) ?? 0)) throw new Error(`${key}: a wrong previous value at ${revision}`);
  if (type === "put") played.set(key, revision);
  else if (!played.delete(key)) throw new Error(`${key} was deleted twice`);
  return revision;
}

async function historyStart(store: Store): Promise<number> {
  try {
    await store.range("/", { atRevision: 0 });
  } catch (error) {
    if (error instanceof CompactedError) return error.compactedRevision;
    throw error;
  }
  throw new Error("revision 0 was readable");
}
