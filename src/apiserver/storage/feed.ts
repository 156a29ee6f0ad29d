/**
 * Keeps all caches up to date from one watch over the whole store. One watch, so that its place in the store's single revision order is known:
 * a read is consistent once the feed has reached the store's revision, and a bookmark can name it.
 */
import type { Clock } from "../../base/clock.ts";
import { sleep } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { failure } from "../../machinery/status.ts";
import type { ApiError } from "../../machinery/status.ts";
import type { Change, Entry, Store } from "../../store/store.ts";
import type { KindCache } from "./kindCache.ts";
import { kindPrefix, kindPrefixOfKey } from "./keys.ts";
import type { Stored } from "./stored.ts";

const loadPageSize = 2_000;
/** Some 5 ms of work. */
const decodedAtOnce = 400;
const retryDelayMs = 500;
/** How long a read waits for a revision that the store is yet to reach, as upstream. */
const reachTimeoutMs = 3_000;

interface Waiter {
  readonly revision: number;
  done(): void;
}

export class Feed implements AsyncDisposable {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly caches = new Map<string, KindCache>();
  private readonly stopping = new AbortController();
  private waiters: Waiter[] = [];
  private running: Promise<void> = Promise.resolve();
  private at = 0;

  constructor(store: Store, clock: Clock, log: Log) {
    this.store = store;
    this.clock = clock;
    this.log = log;
  }

  /** Before `start`. */
  add(cache: KindCache): void {
    this.caches.set(kindPrefix(cache.kind), cache);
  }

  /** The revision that all caches reflect. */
  get revision(): number {
    return this.at;
  }

  /** Resolves when the caches are loaded; they are kept up to date until the feed is disposed. */
  async start(): Promise<void> {
    await this.load();
    this.running = this.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopping.abort();
    for (const cache of this.caches.values()) cache.replace([], this.at);
    await this.running;
  }

  /** Waits until the caches hold everything that was acknowledged before the call; gives their revision. */
  async fresh(): Promise<number> {
    const newest = await this.store.revision();
    if (this.at < newest) await this.reached(newest);
    return this.at;
  }

  /** Waits until the caches are at least at this revision; 504 when that takes too long. */
  reached(revision: number): Promise<void> {
    if (this.at >= revision) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(reachTimeoutMs, () => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        reject(tooLargeVersion(revision, this.at));
      });
      const waiter: Waiter = {
        revision,
        done: () => {
          timer[Symbol.dispose]();
          resolve();
        },
      };
      this.waiters.push(waiter);
    });
  }

  /** Decodes what is about to be looked at, with pauses in between: after a restart nothing is decoded yet. */
  async decodeAll(objects: readonly Stored[]): Promise<void> {
    let made = 0;
    for (const stored of objects) {
      if (stored.isDecoded) continue;
      void stored.object;
      made += 1;
      if (made % decodedAtOnce === 0) await sleep(this.clock, 0);
    }
  }

  private async load(): Promise<void> {
    const entries = new Map<KindCache, Entry[]>();
    for (const cache of this.caches.values()) entries.set(cache, []);
    const revision = await this.store.revision();
    for (let after: string | undefined, more = true; more;) {
      const page = await this.store.range("/", { atRevision: revision, after, limit: loadPageSize });
      for (const entry of page.entries) {
        const cache = this.cacheOf(entry.key);
        if (cache !== undefined) entries.get(cache)?.push(entry);
      }
      after = page.entries.at(-1)?.key;
      more = page.remaining > 0;
    }
    for (const [cache, found] of entries) cache.replace(found, revision);
    this.advance(revision);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        for await (const batch of this.store.watch("/", this.at, signal)) this.take(batch);
        if (signal.aborted) return;
        this.log.warn("the watch over the store ended; reloading");
      } catch (error) {
        if (signal.aborted) return;
        this.log.error("the watch over the store failed; reloading", { error: String(error) });
      }
      await this.recover(signal);
    }
  }

  private async recover(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleep(this.clock, retryDelayMs, signal);
        return await this.load();
      } catch (error) {
        if (!signal.aborted) this.log.error("loading from the store failed", { error: String(error) });
      }
    }
  }

  private take(batch: readonly Change[]): void {
    const now = this.clock.now();
    for (const change of batch) {
      this.cacheOf(change.key)?.apply(change, now);
      this.at = change.revision;
    }
    // All of them: a kind that nobody writes any more would keep its last busy minute for ever.
    for (const cache of this.caches.values()) cache.trim(now);
    this.advance(this.at);
  }

  private advance(revision: number): void {
    this.at = revision;
    if (this.waiters.length === 0) return;
    const due = this.waiters.filter((waiter) => waiter.revision <= revision);
    this.waiters = this.waiters.filter((waiter) => waiter.revision > revision);
    for (const waiter of due) waiter.done();
  }

  private cacheOf(key: string): KindCache | undefined {
    const prefix = kindPrefixOfKey(key);
    return prefix === undefined ? undefined : this.caches.get(prefix);
  }
}

function tooLargeVersion(asked: number, current: number): ApiError {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return failure(504, "Timeout", message, { causes, retryAfterSeconds: 1 });
}
