/**
 * Watches a kind: what is there (where asked for), then every change, bookmarks in between, until the client goes, the time is up or the
 * client falls too far behind.
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go, endpoints/handlers/watch.go
 */
import type { Clock } from "../../base/clock.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { tooOldResourceVersion } from "../../machinery/status.ts";
import { ByteQueue, join } from "../request/byteQueue.ts";
import { interestOf, listOptionsOf, matcherOf, revisionOf } from "../request/listOptions.ts";
import type { ListOptions } from "../request/listOptions.ts";
import type { ResourceCall } from "../server/call.ts";
import { reply } from "../server/reply.ts";
import { listPrefix } from "../storage/keys.ts";
import type { CacheEvent, CacheListener } from "../storage/kindCache.ts";
import type { Stored } from "../storage/stored.ts";
import { includeObjectOf } from "../table/convert.ts";
import { errorFrame, WatchFormat } from "./watchFormat.ts";

/** Events that a client may be behind before its watch is closed; it then starts again from its last one. */
export const maxQueuedEvents = 4_096;
const bookmarkEveryMs = 60_000;
/** Without timeoutSeconds a watch lasts between one and two of these, as upstream. */
const minWatchMs = 1_800_000;
const initialChunkBytes = 64 * 1024;

export async function watch(call: ResourceCall): Promise<ApiResponse> {
  const { info, resource, registry, kind, output } = call;
  const options = listOptionsOf(info.query, resource.kind, true);
  const include = output.convert === "Table" ? includeObjectOf(info.query) : "Metadata";
  const asked = options.resourceVersion === "" ? undefined : revisionOf(options.resourceVersion);
  if (asked === undefined) await registry.feed.fresh();
  else if (asked > 0) await registry.feed.reached(asked);

  const format = new WatchFormat(kind, output, include, () => registry.clock.now());
  const namespace = info.namespace === "" ? (options.fields.exact("metadata.namespace") ?? "") : info.namespace;
  const prefix = listPrefix(resource.kind, namespace);
  if (matcherOf(options, resource.kind) !== undefined) await registry.feed.decodeAll(resource.cache.range(prefix));
  const stream = new WatchStream(call, options, format, prefix);
  const begun = stream.begin(asked);
  if (!begun) {
    const { status } = tooOldResourceVersion(asked ?? 0, resource.cache.oldestRevision);
    return streamed(call, single(errorFrame(status)));
  }
  return streamed(call, stream);
}

function streamed(call: ResourceCall, body: AsyncIterable<Uint8Array>): ApiResponse {
  const response = reply(call, 200, body);
  const type = `${response.headers["content-type"] ?? ""};stream=watch`;
  // Upstream names plain JSON without the parameter.
  return call.output.media === "json" ? response : { ...response, headers: { ...response.headers, "content-type": type } };
}

async function* single(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}

class WatchStream implements AsyncIterableIterator<Uint8Array>, CacheListener {
  private readonly call: ResourceCall;
  private readonly options: ListOptions;
  private readonly format: WatchFormat;
  private readonly prefix: string;
  private readonly matches: ((object: KubeObject) => boolean) | undefined;
  private readonly queue = new ByteQueue(maxQueuedEvents);
  private readonly clock: Clock;
  private readonly releases: Disposable[] = [];
  /** What is there at the start, sent at the client's pace. */
  private initial: readonly Stored[] = [];
  private initialAt = 0;
  private endBookmark: Uint8Array | undefined;
  private bookmarkTimer: Disposable | undefined;

  constructor(call: ResourceCall, options: ListOptions, format: WatchFormat, prefix: string) {
    this.call = call;
    this.options = options;
    this.format = format;
    this.prefix = prefix;
    this.matches = matcherOf(options, call.resource.kind);
    this.clock = call.registry.clock;
  }

  /** False when the revision is too old to start from. Synchronous, so that no change slips in between. */
  begin(asked: number | undefined): boolean {
    const { cache } = this.call.resource;
    const { sendInitialEvents } = this.options;
    const fromState = sendInitialEvents ?? (asked === undefined || asked === 0);
    if (fromState) this.initial = cache.range(this.prefix);
    else if (asked !== undefined && asked > 0) {
      const missed = cache.eventsAfter(asked);
      if (missed === undefined) return false;
      for (const event of missed) this.event(event);
    }
    if (sendInitialEvents === true && this.options.allowWatchBookmarks) {
      this.endBookmark = this.format.bookmark(this.call.registry.feed.revision, true);
    }
    this.releases.push(cache.subscribe(this, interestOf(this.options, this.call.resource.kind)));
    this.limitTime();
    const { signal } = this.call.request;
    const gone = (): void => this.stop();
    signal?.addEventListener("abort", gone, { once: true });
    this.releases.push({ [Symbol.dispose]: () => signal?.removeEventListener("abort", gone) });
    if (signal?.aborted === true) this.stop();
    return true;
  }

  event(event: CacheEvent): void {
    if (!event.key.startsWith(this.prefix)) return;
    const { current, previous, revision } = event;
    const now = current !== undefined && this.selects(current);
    const before = previous !== undefined && this.selects(previous);
    let taken = true;
    if (now) taken = this.queue.push(this.format.encode(before ? "MODIFIED" : "ADDED", current, event));
    else if (before) taken = this.queue.push(this.format.encode("DELETED", previous.at(revision), event));
    if (!taken) this.stop();
  }

  reset(): void {
    this.stop();
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.initialChunk() ?? (await this.queue.take());
    return chunk === undefined ? { done: true, value: undefined } : { done: false, value: chunk };
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private selects(stored: Stored): boolean {
    return this.matches === undefined || this.matches(stored.object);
  }

  private initialChunk(): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    let size = 0;
    while (this.initialAt < this.initial.length && size < initialChunkBytes) {
      const stored = this.initial[this.initialAt];
      this.initialAt += 1;
      if (stored === undefined || !this.selects(stored)) continue;
      const bytes = this.format.encode("ADDED", stored, undefined);
      parts.push(bytes);
      size += bytes.length;
    }
    if (this.initialAt >= this.initial.length) {
      this.initial = [];
      this.initialAt = 0;
      if (this.endBookmark !== undefined) parts.push(this.endBookmark);
      this.endBookmark = undefined;
    }
    return parts.length === 0 ? undefined : join(parts);
  }

  private limitTime(): void {
    const { timeoutSeconds, allowWatchBookmarks } = this.options;
    const asked = (timeoutSeconds ?? 0) * 1000;
    const timeoutMs = asked > 0 ? asked : minWatchMs * (1 + this.call.registry.rng.next());
    this.releases.push(this.clock.after(Math.min(timeoutMs, 2 ** 31 - 1), () => this.stop()));
    if (allowWatchBookmarks) this.bookmarkLater();
  }

  private bookmarkLater(): void {
    this.bookmarkTimer = this.clock.after(bookmarkEveryMs, () => {
      if (this.queue.closed) return;
      if (this.queue.push(this.format.bookmark(this.call.registry.feed.revision, false))) this.bookmarkLater();
    });
  }

  private stop(): void {
    this.queue.end();
    this.bookmarkTimer?.[Symbol.dispose]();
    for (const release of this.releases.splice(0)) release[Symbol.dispose]();
  }
}
