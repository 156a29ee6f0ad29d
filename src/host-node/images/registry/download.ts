/**
 * One blob into a file, its digest taken while it comes. A break or a stall is resumed where it stopped, as long as there is progress; a part
 * that an earlier process left is taken up.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { HttpAnswer } from "./http.ts";
import { networkError } from "./http.ts";
import type { Descriptor } from "./manifests.ts";
import { RegistryError } from "./registryError.ts";

export interface DownloadOptions {
  readonly blob: Descriptor;
  /** Grows to the blob; removed when it turns out wrong. */
  readonly part: string;
  readonly signal: AbortSignal;
  /** One try from `offset` on. */
  readonly fetch: (offset: number) => Promise<HttpAnswer>;
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/** Tries that brought nothing new, one after the other. */
const maxVainTries = 5;
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
    vain = progress.best > before ? 0 : vain + 1;
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

async function attempt({ blob, part, fetch, onProgress }: DownloadOptions, progress: Progress): Promise<void> {
  const answer = await fetch(progress.doneBytes);
  const resumes = answer.status === 206 && startOf(answer) === progress.doneBytes;
  if (!resumes) {
    progress.hash = createHash("sha256");
    progress.doneBytes = 0;
  }
  const file = await open(part, resumes ? "a" : "w", 0o600);
  try {
    await copy(answer, file, { blob, progress, onProgress });
  } finally {
    answer.body.destroy();
    await file.close();
  }
}

async function copy(
  { body }: HttpAnswer,
  file: FileHandle,
  { blob, progress, onProgress }: Pick<DownloadOptions, "blob" | "onProgress"> & { readonly progress: Progress },
): Promise<void> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (progress.doneBytes + chunk.length > blob.size)
        throw new RegistryError("broken", `${blob.digest} is longer than the ${blob.size} bytes that the manifest says`);
      await file.writeFile(chunk);
      progress.hash.update(chunk);
      progress.doneBytes += chunk.length;
      progress.best = Math.max(progress.best, progress.doneBytes);
      onProgress?.(progress.doneBytes);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === "write") throw error;
    throw networkError(error, new URL("https://registry"));
  }
}

function startOf({ headers }: HttpAnswer): number {
  return Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1] ?? Number.NaN);
}

function mayPass(failure: unknown): boolean {
  return failure instanceof RegistryError && failure.kind === "unreachable";
}

function shortBlob(blob: Descriptor, { doneBytes }: Progress): RegistryError {
  return new RegistryError("unreachable", `${blob.digest} broke off after ${doneBytes} of ${blob.size} bytes, again and again`);
}
