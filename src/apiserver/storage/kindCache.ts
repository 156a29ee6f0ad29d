/**
 * All objects of one kind in memory, in key order, with a window of recent changes for watches that resume. Fed by storage/feed.ts; never reads
 * the store itself.
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go
 */
import { SortedMap } from "../../base/sortedMap.ts";
import type { Kind } from "../../machinery/kind.ts";
import type { Change, Entry } from "../../store/store.ts";
import { Audience } from "./audience.ts";
import type { Interest } from "./audience.ts";
import { ObjectCodec } from "./codec.ts";
import { Stored } from "./stored.ts";

export interface CacheEvent {
  readonly revision: number;
  readonly timeMs: number;
  readonly key: string;
  /** Undefined for a deletion. */
  readonly current: Stored | undefined;
  readonly previous: Stored | undefined;
  /** Bytes already made for watchers, by event type and format. */
  readonly encodings: Map<string, Uint8Array>;
}

export interface CacheListener {
  event(event: CacheEvent): void;
  /** The cache lost its place: the watch must end. */
  reset(): void;
}

/** As upstream: changes younger than this are kept for watches that resume, within the bounds below. */
export const eventWindowMs = 75_000;
const minKeptEvents = 128;
const maxKeptEvents = 16_384;

export class KindCache {
  readonly kind: Kind;
  readonly codec: ObjectCodec;
  private objects = new SortedMap<Stored>();
  private events: CacheEvent[] = [];
  private firstEvent = 0;
  private readonly audience = new Audience<CacheListener>();
  /** Every change with a revision above this one is in the window. */
  private completeAfter = 0;
  /** Revision of the newest change of this kind. */
  private changedAt = 0;

  constructor(kind: Kind) {
    this.kind = kind;
    this.codec = new ObjectCodec(kind);
  }

  get size(): number {
    return this.objects.size;
  }

  get watchers(): number {
    return this.audience.size;
  }

  get lastChange(): number {
    return this.changedAt;
  }

  get(key: string): Stored | undefined {
    return this.objects.get(key);
  }

  /** A snapshot of everything under the prefix, in key order. */
  range(prefix: string): readonly Stored[] {
    const found: Stored[] = [];
    this.objects.walk(prefix, (key, stored) => {
      const inside = key.startsWith(prefix);
      if (inside) found.push(stored);
      return inside;
    });
    return found;
  }

  /** Starts anew with these entries, in key order; everybody who watches is sent away. */
  replace(entries: readonly Entry[], revision: number): void {
    this.objects = new SortedMap();
    for (const { key, value, revision: at } of entries) this.objects.set(key, new Stored(this.codec, key, value, at));
    this.events = [];
    this.firstEvent = 0;
    this.completeAfter = revision;
    this.changedAt = revision;
    for (const listener of this.audience.clear()) listener.reset();
  }

  apply(change: Change, timeMs: number): void {
    const { key, revision, value } = change;
    const previous = this.objects.get(key);
    const current = value === undefined ? undefined : new Stored(this.codec, key, value, revision);
    if (current === undefined) this.objects.delete(key);
    else this.objects.set(key, current);
    this.changedAt = revision;
    if (current === undefined && previous === undefined) return;
    const event: CacheEvent = { revision, timeMs, key, current, previous, encodings: new Map() };
    this.events.push(event);
    this.trim(timeMs);
    this.audience.tell(current, previous, (listener) => listener.event(event));
    // Everybody who watches has it by now; who resumes later encodes for itself.
    event.encodings.clear();
    current?.announced();
    previous?.superseded();
  }

  /** Changes after the revision, oldest first; undefined when the window doesn't reach back so far. */
  eventsAfter(revision: number): readonly CacheEvent[] | undefined {
    if (revision < this.completeAfter) return undefined;
    let low = this.firstEvent;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.events.slice(low);
  }

  /** The oldest revision that a watch can start from. */
  get oldestRevision(): number {
    return this.completeAfter;
  }

  subscribe(listener: CacheListener, interest?: Interest): Disposable {
    return this.audience.add(listener, interest);
  }

  /** Forgets changes that are older than the window. */
  trim(nowMs: number): void {
    for (;;) {
      const kept = this.events.length - this.firstEvent;
      const oldest = this.events[this.firstEvent];
      if (oldest === undefined || kept <= minKeptEvents) break;
      if (kept <= maxKeptEvents && nowMs - oldest.timeMs < eventWindowMs) break;
      this.completeAfter = oldest.revision;
      this.firstEvent += 1;
    }
    if (this.firstEvent < minKeptEvents || this.firstEvent * 2 < this.events.length) return;
    this.events = this.events.slice(this.firstEvent);
    this.firstEvent = 0;
  }
}
