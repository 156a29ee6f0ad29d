/**
 * One blob into a file, its digest taken while it comes. A break or a stall is resumed where it stopped, as long as there is progress; a part
 * that an earlier process left is taken up.
 */
import { createHash, type Hash } from "node:crypto";
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { HttpAnswer } from "./http.ts";
import { networkError } from "./http.ts";
import type { Descriptor } from "./manifests.ts";
import { RegistryError } from "./registryError.ts";

export interface DownloadOptions {
  readonly blob: Descriptor;
  /** Grows to the blob; removed when it turns out wrong. */
  readonly part: string;
  /** For errors. */
  readonly origin: URL;
  readonly signal: AbortSignal;
  /** One try from `offset` on. */
  readonly fetch: (offset: number) => Promise<HttpAnswer>;
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/** Tries that brought nothing new, one after the other. */
const maxVainTries = 5;
/** Less than that, and a try that stalled was in vain: a drip must not hold a pull for days. */
const minBytesBeforeStall = 64 * 1024;
const firstPauseMs = 100;
const maxPauseMs = 5000;

export async function download(options: DownloadOptions): Promise<void> {
  const { part, blob, signal } = options;
  const progress: Progress = { hash: createHash("sha256"), doneBytes: 0, best: 0 };
  await adopt(progress, part, blob.size);
  let vain = 0;
  while (progress.doneBytes < blob.size) {
    const before = progress.best;
    const failure = await attempt(options, progress).catch((error: unknown) => error);
    if (progress.doneBytes >= blob.size) break;
    signal.throwIfAborted();
    if (failure !== undefined && !mayPass(failure)) throw failure;
    vain = progress.best - before >= (isStall(failure) ? minBytesBeforeStall : 1) ? 0 : vain + 1;
    if (vain === maxVainTries) throw failure ?? shortBlob(blob, progress);
    if (vain > 0) await wait(Math.min(firstPauseMs * 2 ** vain, maxPauseMs), undefined, { signal });
  }
  const digest = `sha256:${progress.hash.digest("hex")}`;
  if (digest === blob.digest) return;
  await rm(part, { force: true });
  throw new RegistryError("broken", `unexpected commit digest ${digest}, expected ${blob.digest}: failed precondition`);
}

interface Progress {
  hash: Hash;
  doneBytes: number;
  /** The most that was ever done: a server that begins anew each time makes no progress. */
  best: number;
}

/** Takes up what is there. */
async function adopt(progress: Progress, part: string, size: number): Promise<void> {
  const there = await stat(part).catch(() => undefined);
  if (there === undefined) return;
  if (there.size > size) return await rm(part, { force: true });
  for await (const chunk of createReadStream(part) as AsyncIterable<Buffer>) progress.hash.update(chunk);
  progress.doneBytes = there.size;
  progress.best = there.size;
}

async function attempt(options: DownloadOptions, progress: Progress): Promise<void> {
  const answer = await options.fetch(progress.doneBytes);
  const resumes = answer.status === 206 && startOf(answer) === progress.doneBytes;
  if (!resumes) {
    progress.hash = createHash("sha256");
    progress.doneBytes = 0;
  }
  const file = openSync(options.part, resumes ? "a" : "w", 0o600);
  try {
    await copy(answer, file, options, progress);
  } finally {
    answer.body.destroy();
    closeSync(file);
  }
}

/** By events: an async iterator loses what came right before the connection broke. */
function copy({ body }: HttpAnswer, file: number, options: DownloadOptions, progress: Progress): Promise<void> {
  const { origin } = options;
  return new Promise((resolve, reject) => {
    body.on("data", (chunk: Buffer) => {
      try {
        take(chunk, file, options, progress);
      } catch (error) {
        body.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    body.once("end", resolve);
    body.once("error", (error) => reject(networkError(error, origin)));
    body.once("close", () => reject(new RegistryError("unreachable", `${origin.origin}: unexpected EOF`)));
  });
}

function take(chunk: Buffer, file: number, { blob, onProgress }: DownloadOptions, progress: Progress): void {
  if (progress.doneBytes + chunk.length > blob.size)
    throw new RegistryError("broken", `${blob.digest} is longer than the ${blob.size} bytes that the manifest says`);
  for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
  progress.hash.update(chunk);
  progress.doneBytes += chunk.length;
  progress.best = Math.max(progress.best, progress.doneBytes);
  onProgress?.(progress.doneBytes);
}

function startOf({ headers }: HttpAnswer): number {
  return Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1] ?? Number.NaN);
}

function isStall(failure: unknown): boolean {
  return failure instanceof RegistryError && failure.message.includes("sent nothing for");
}

function mayPass(failure: unknown): boolean {
  return failure instanceof RegistryError && failure.kind === "unreachable";
}

function shortBlob(blob: Descriptor, { doneBytes }: Progress): RegistryError {
  return new RegistryError("unreachable", `${blob.digest} broke off after ${doneBytes} of ${blob.size} bytes, again and again`);
}
