/**
 * Decides what becomes of an Event before it is sent: a repeat counts up the Event that is there already, many similar ones become one combined
 * Event, and too many about one object are dropped. Pure but for its memory, which is bounded.
 * Upstream: staging/src/k8s.io/client-go/tools/record/events_cache.go
 */
import type { ObjectReference } from "../schema/shapes/core.v1.ts";

/** An occurrence, not yet an object of the API. */
export interface Occurrence {
  readonly regarding: ObjectReference;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly atMs: number;
}

export type Correlation =
  | { readonly verdict: "drop" }
  /** `known` is the Event that already tells this, with the count that it has now. */
  | { readonly verdict: "record"; readonly message: string; readonly eventKey: string; readonly known: KnownEvent | undefined };

export interface KnownEvent {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

/** Objects and events remembered; the least recently seen are forgotten first. */
const maxRemembered = 4096;
/** A burst of this many events about one object, then one every five minutes. */
const burst = 25;
const refillMs = 300_000;
/** More than this many that differ only in their message, within ten minutes, are combined. */
const maxSimilar = 10;
const similarWindowMs = 600_000;

interface Bucket {
  tokens: number;
  atMs: number;
}
interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}

export class EventCorrelator {
  private readonly buckets = new Recent<Bucket>();
  private readonly similar = new Recent<Similar>();
  private readonly known = new Recent<KnownEvent>();

  correlate(occurrence: Occurrence): Correlation {
    const { message, eventKey } = this.combine(occurrence);
    if (!this.takeToken(occurrence)) return { verdict: "drop" };
    return { verdict: "record", message, eventKey, known: this.known.get(eventKey) };
  }

  /** The server holds this Event now. */
  remember(eventKey: string, event: KnownEvent): void {
    this.known.set(eventKey, event);
  }

  /** The server doesn't know the Event any longer. */
  forget(eventKey: string): void {
    this.known.delete(eventKey);
  }

  private combine(occurrence: Occurrence): { readonly message: string; readonly eventKey: string } {
    const { type, reason, message, atMs } = occurrence;
    const groupKey = JSON.stringify([...identity(occurrence.regarding), type, reason]);
    const former = this.similar.get(groupKey);
    const group = former === undefined || atMs - former.lastMs > similarWindowMs ? { messages: new Set<string>(), lastMs: atMs } : former;
    group.messages.add(message);
    group.lastMs = atMs;
    this.similar.set(groupKey, group);
    if (group.messages.size < maxSimilar) return { message, eventKey: JSON.stringify([groupKey, message]) };
    // The set need not grow on: any member goes.
    const [oldest] = group.messages;
    if (oldest !== undefined) group.messages.delete(oldest);
    return { message: `(combined from similar events): ${message}`, eventKey: groupKey };
  }

  private takeToken({ regarding, atMs }: Occurrence): boolean {
    const key = JSON.stringify(identity(regarding));
    const former = this.buckets.get(key) ?? { tokens: burst, atMs };
    const tokens = Math.min(burst, former.tokens + (atMs - former.atMs) / refillMs);
    const taken = tokens >= 1;
    this.buckets.set(key, { tokens: taken ? tokens - 1 : tokens, atMs });
    return taken;
  }
}

function identity(regarding: ObjectReference): readonly (string | undefined)[] {
  return [regarding.apiVersion, regarding.kind, regarding.namespace, regarding.name, regarding.uid, regarding.fieldPath];
}

/** A map that forgets what was touched longest ago. */
class Recent<V> {
  private readonly values = new Map<string, V>();

  get(key: string): V | undefined {
    return this.values.get(key);
  }

  set(key: string, value: V): void {
    this.values.delete(key);
    this.values.set(key, value);
    if (this.values.size <= maxRemembered) return;
    const [oldest] = this.values.keys();
    if (oldest !== undefined) this.values.delete(oldest);
  }

  delete(key: string): void {
    this.values.delete(key);
  }
}
