/**
 * Keeps one ObjectCache like the server: a streamed first list (WatchList; where the server lacks it, pages of a list), then a watch that is
 * taken up again from the last resourceVersion when it ends, and a new list when the server has forgotten that version (410).
 * Upstream: staging/src/k8s.io/client-go/tools/cache/reflector.go
 */
import { sleep, type Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Rng } from "../base/rng.ts";
import type { KindRef, KubeObject } from "../machinery/kind.ts";
import { ApiError } from "../machinery/status.ts";
import { Backoff } from "./backoff.ts";
import type { Client } from "./client.ts";
import type { CacheChange, ObjectCache } from "./objectCache.ts";

const pageSize = 500;
const firstBackoffMs = 800;
const maxBackoffMs = 30_000;
const forgetFailuresAfterMs = 120_000;
/** A watch that ends sooner than this without an event counts as a failure, or a server that closes at once would be hammered. */
const shortWatchMs = 1_000;
/** Watches are asked to end after 5 to 10 minutes, so that clients spread over servers again. */
const minWatchSeconds = 300;

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Client;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly kind: KindRef<T>;
  readonly fieldSelector: string | undefined;
  readonly cache: ObjectCache<T>;
  onChanges(changes: readonly CacheChange<T>[]): void;
  /** The cache holds a complete list. */
  onSynced(): void;
}

export class Reflector<T extends KubeObject> {
  private readonly options: ReflectorOptions<T>;
  private readonly backoff: Backoff;
  /** Where the watch goes on; undefined: a new list is needed. */
  private resumeFrom: string | undefined;
  private watchListRefused = false;

  constructor(options: ReflectorOptions<T>) {
    this.options = options;
    const { clock, rng } = options;
    this.backoff = new Backoff({ clock, rng, firstMs: firstBackoffMs, maxMs: maxBackoffMs, forgetAfterMs: forgetFailuresAfterMs });
  }

  /** Runs until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, kind } = this.options;
    while (!signal.aborted) {
      const startedMs = clock.now();
      let waitMs = 0;
      try {
        const progressed = await this.listOrWatch(signal);
        if (!progressed && clock.now() - startedMs < shortWatchMs) waitMs = this.backoff.nextMs();
      } catch (error) {
        if (signal.aborted) return;
        waitMs = this.afterFailure(error);
        log.debug("list or watch failed", { kind: kind.kind, error: String(error), waitMs: Math.round(waitMs) });
      }
      if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** How long to wait after this failure; forgets where the watch stood if the server has. */
  private afterFailure(error: unknown): number {
    if (error instanceof ApiError && (error.code === 410 || error.reason === "Expired")) {
      const hadPosition = this.resumeFrom !== undefined;
      this.resumeFrom = undefined;
      // The first 410 of a watch is answered by a list at once.
      if (hadPosition) return 0;
    }
    if (error instanceof ApiError && isRefusal(error) && this.resumeFrom === undefined && !this.watchListRefused) {
      this.watchListRefused = true;
      return 0;
    }
    return this.backoff.nextMs();
  }

  /** Gives whether anything came. */
  private async listOrWatch(signal: AbortSignal): Promise<boolean> {
    if (this.resumeFrom === undefined && this.watchListRefused) {
      await this.list(signal);
      return true;
    }
    return this.watch(signal);
  }

  private async list(signal: AbortSignal): Promise<void> {
    const { client, kind, fieldSelector } = this.options;
    const objects: T[] = [];
    let next: string | undefined;
    let resourceVersion = "";
    do {
      const page = await client.list(kind, { fieldSelector, limit: pageSize, continue: next });
      if (signal.aborted) return;
      objects.push(...page.items);
      resourceVersion = page.resourceVersion;
      next = page.continue;
    } while (next !== undefined);
    this.takeOver(objects, resourceVersion);
  }

  private takeOver(objects: readonly T[], resourceVersion: string): void {
    this.resumeFrom = resourceVersion;
    this.options.onChanges(this.options.cache.replace(objects, resourceVersion));
    this.options.onSynced();
  }

  /** One watch, from the first list on when there is no position yet. */
  private async watch(signal: AbortSignal): Promise<boolean> {
    const { client, kind, fieldSelector, cache, rng } = this.options;
    /** The initial events by key, until the bookmark says that they are complete. */
    let initial: Map<string, T> | undefined = this.resumeFrom === undefined ? new Map() : undefined;
    let progressed = false;
    const events = client.watch(kind, {
      fieldSelector,
      signal,
      timeoutSeconds: Math.floor(minWatchSeconds * (1 + rng.next())),
      ...(initial === undefined ? { resourceVersion: this.resumeFrom } : { sendInitialEvents: true }),
    });
    for await (const event of events) {
      if (signal.aborted) return progressed;
      progressed = true;
      if (initial !== undefined) {
        if (event.type !== "BOOKMARK") collect(initial, event.type, event.object);
        else if (event.initialEventsEnd) {
          this.takeOver([...initial.values()], event.resourceVersion);
          initial = undefined;
        }
        continue;
      }
      const resourceVersion = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
      if (resourceVersion !== undefined && resourceVersion !== "") this.resumeFrom = resourceVersion;
      if (event.type === "BOOKMARK") cache.advance(event.resourceVersion);
      else this.options.onChanges(event.type === "DELETED" ? cache.applyDelete(event.object) : cache.applyPut(event.object));
    }
    return progressed;
  }
}

function collect<T extends KubeObject>(initial: Map<string, T>, type: "ADDED" | "MODIFIED" | "DELETED", object: T): void {
  const key = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
  if (type === "DELETED") initial.delete(key);
  else initial.set(key, object);
}

/** The server doesn't know `sendInitialEvents`: Invalid or BadRequest. */
function isRefusal(error: ApiError): boolean {
  return error.code === 422 || error.code === 400;
}
