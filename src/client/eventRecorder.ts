/**
 * Records core/v1 Events in the background: in order, in a bounded queue, with a few tries each. Losing an Event is never worth holding up a
 * component, so nothing here throws and nothing waits.
 * Upstream: staging/src/k8s.io/client-go/tools/record/event.go
 */
import { sleep, type Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { below, type Rng } from "../base/rng.ts";
import { event as eventKind } from "../api/core/v1/event.ts";
import type { KubeObject } from "../machinery/kind.ts";
import { ApiError, isApiError } from "../machinery/status.ts";
import { rfc3339 } from "../machinery/time.ts";
import type { Event, ObjectReference } from "../schema/shapes/core.v1.ts";
import type { Client, EventRecorder, ObjectPart } from "./client.ts";
import { EventCorrelator, type KnownEvent, type Occurrence } from "./eventCorrelator.ts";

/** Waiting Events; more are dropped. */
const maxQueued = 1000;
const maxTries = 12;
const betweenTriesMs = 10_000;
const maxNameLength = 253;
/** Events about cluster-scoped objects live here. */
const clusterScopedNamespace = "default";

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  /** E.g. `deployment-controller`. */
  readonly component: string;
  /** The node, for components that run on one. */
  readonly host?: string | undefined;
}

/** Disposing it drops what is still queued. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder & AsyncDisposable {
  return new QueueingRecorder(options);
}

class QueueingRecorder implements EventRecorder, AsyncDisposable {
  private readonly options: EventRecorderOptions;
  private readonly correlator = new EventCorrelator();
  private readonly stop = new AbortController();
  private readonly queue: Occurrence[] = [];
  private working: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.options = options;
  }

  event(regarding: KubeObject | ObjectPart, type: "Normal" | "Warning", reason: string, message: string): void {
    const { clock, log } = this.options;
    if (this.stop.signal.aborted) return;
    const reference = referenceTo(regarding);
    if (reference === undefined) {
      log.error("an event about an object without kind or name was dropped", { reason, message });
      return;
    }
    if (this.queue.length >= maxQueued) {
      log.warn("too many events are waiting, one was dropped", { reason, message });
      return;
    }
    this.queue.push({ regarding: reference, type, reason, message, atMs: clock.now() });
    this.working ??= this.work();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    this.queue.length = 0;
    await this.working;
  }

  private async work(): Promise<void> {
    // Off the caller's stack: it only wanted to mention something.
    await Promise.resolve();
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) await this.record(next);
    this.working = undefined;
  }

  private async record(occurrence: Occurrence): Promise<void> {
    const { clock, log } = this.options;
    const correlation = this.correlator.correlate(occurrence);
    if (correlation.verdict === "drop") return;
    const { eventKey, message } = correlation;
    let { known } = correlation;
    for (let attempt = 1; !this.stop.signal.aborted; attempt += 1) {
      try {
        this.correlator.remember(eventKey, await this.send({ ...occurrence, message }, known));
        return;
      } catch (error) {
        if (known !== undefined && isApiError(error, "NotFound")) {
          // It has expired on the server: tell it anew.
          this.correlator.forget(eventKey);
          known = undefined;
          continue;
        }
        if (attempt === maxTries || !isWorthRetrying(error)) {
          log.debug("an event could not be recorded", { reason: occurrence.reason, message, error: String(error) });
          return;
        }
        await sleep(clock, betweenTriesMs, this.stop.signal).catch(() => undefined);
      }
    }
  }

  private async send(occurrence: Occurrence, known: KnownEvent | undefined): Promise<KnownEvent> {
    const { client } = this.options;
    if (known !== undefined) {
      const count = known.count + 1;
      const patch = { count, lastTimestamp: rfc3339(occurrence.atMs), message: occurrence.message };
      await client.patch(eventKind, known, "strategic", patch);
      return { ...known, count };
    }
    const object = this.newEvent(occurrence);
    await client.create(eventKind, object);
    return { name: object.metadata.name, namespace: object.metadata.namespace ?? "", count: 1 };
  }

  private newEvent({ regarding, type, reason, message, atMs }: Occurrence): Event {
    const { component, host, rng } = this.options;
    const time = rfc3339(atMs);
    return {
      metadata: { name: eventName(regarding, atMs, rng), namespace: regarding.namespace ?? clusterScopedNamespace },
      involvedObject: regarding,
      reason,
      message,
      source: { component, host },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? "",
    };
  }
}

/** `<object's name>.<nanoseconds in hex>`; the clock gives milliseconds, chance the rest. */
function eventName(regarding: ObjectReference, atMs: number, rng: Rng): string {
  const nanoseconds = BigInt(Math.floor(atMs)) * 1_000_000n + BigInt(below(rng, 1_000_000));
  const suffix = `.${nanoseconds.toString(16)}`;
  return `${(regarding.name ?? "").slice(0, maxNameLength - suffix.length)}${suffix}`;
}

function referenceTo(regarding: KubeObject | ObjectPart): ObjectReference | undefined {
  const object = "object" in regarding ? regarding.object : regarding;
  const { kind, apiVersion, metadata } = object;
  if (kind === undefined || apiVersion === undefined || metadata.name === "") return undefined;
  const { name, namespace, uid, resourceVersion } = metadata;
  const fieldPath = "object" in regarding ? regarding.fieldPath : undefined;
  return { kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath };
}

/** A refusal stays a refusal; a server that is away or overloaded comes back. */
function isWorthRetrying(error: unknown): boolean {
  return !(error instanceof ApiError) || error.code >= 500 || error.code === 429;
}
