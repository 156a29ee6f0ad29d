/**
 * A Client over a map, for tests of components that live by pods: versions, watches, graceful deletion of pods, and patches that merge objects
 * and conditions. Left out: validation, defaulting, every other rule of a real API server; the API server's own tests have those.
 */
import type { Clock } from "../base/clock.ts";
import type {
  Client,
  Deletion,
  DeleteOptions,
  Key,
  ListOptions,
  ListResult,
  PatchType,
  WatchEvent,
  WatchOptions,
} from "../client/client.ts";
import type { KindRef, KubeObject } from "../machinery/kind.ts";
import { alreadyExists, notFound } from "../machinery/status.ts";
import { rfc3339 } from "../machinery/time.ts";

interface Stored {
  readonly plural: string;
  object: KubeObject;
}

interface Listener {
  readonly plural: string;
  readonly options: ListOptions;
  notify(event: WatchEvent<KubeObject>): void;
}

/** Conditions and the like: lists whose entries merge by this key. */
const mergeKeys: Readonly<Record<string, string>> = { conditions: "type", podIPs: "ip", hostIPs: "ip", addresses: "type" };

export interface Call {
  readonly verb: string;
  readonly plural: string;
  readonly name: string;
  readonly body?: unknown;
}

export class PodApi implements Client {
  /** Every write, in order. */
  readonly calls: Call[] = [];
  /** Throws to make a call fail. */
  beforeWrite: (call: Call) => void = () => undefined;
  private readonly clock: Clock;
  private readonly stored = new Map<string, Stored>();
  private readonly listeners = new Set<Listener>();
  private version = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get<T extends KubeObject>(kind: KindRef<T>, key: Key): Promise<T | undefined> {
    return Promise.resolve(this.peek(kind, key));
  }

  /** The object as it is now. */
  peek<T extends KubeObject>(kind: KindRef<T>, key: Key): T | undefined {
    return this.stored.get(idOf(kind, key))?.object as T | undefined;
  }

  list<T extends KubeObject>(kind: KindRef<T>, options: ListOptions = {}): Promise<ListResult<T>> {
    const all = [...this.stored.values()].filter((one) => one.plural === kind.plural && fits(one.object, options));
    return Promise.resolve({ items: all.map((one) => one.object as T), resourceVersion: String(this.version), continue: undefined });
  }

  async *watch<T extends KubeObject>(kind: KindRef<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const events: WatchEvent<KubeObject>[] = [];
    let wake = nothing;
    const listener: Listener = {
      plural: kind.plural,
      options,
      notify: (event) => {
        events.push(event);
        wake();
      },
    };
    if (options.sendInitialEvents === true) {
      for (const object of (await this.list(kind, options)).items) events.push({ type: "ADDED", object });
      events.push({ type: "BOOKMARK", resourceVersion: String(this.version), initialEventsEnd: true });
    }
    this.listeners.add(listener);
    const onAbort = (): void => wake();
    options.signal.addEventListener("abort", onAbort);
    try {
      while (!options.signal.aborted) {
        const event = events.shift();
        if (event !== undefined) yield event as WatchEvent<T>;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.listeners.delete(listener);
      options.signal.removeEventListener("abort", onAbort);
    }
  }

  async create<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<T> {
    this.record({ verb: "create", plural: kind.plural, name: object.metadata.name, body: object });
    const key = keyOf(object);
    if (this.stored.has(idOf(kind, key))) throw alreadyExists(kind, key.name);
    const uid = `uid-${key.name}-${this.version + 1}`;
    const metadata = { uid, creationTimestamp: rfc3339(this.clock.now()), generation: 1, ...object.metadata };
    return this.put(kind, { ...structuredClone(object), metadata }, "ADDED");
  }

  update<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<T> {
    this.record({ verb: "update", plural: kind.plural, name: object.metadata.name, body: object });
    this.mustHave(kind, keyOf(object));
    return Promise.resolve(this.put(kind, structuredClone(object), "MODIFIED"));
  }

  updateStatus<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<T> {
    return this.update(kind, object);
  }

  // eslint-disable-next-line max-params
  async patch<T extends KubeObject>(kind: KindRef<T>, key: Key, type: PatchType, patch: unknown, subresource?: string): Promise<T> {
    this.record({
      verb: `patch${subresource === undefined ? "" : ` ${subresource}`} ${type}`,
      plural: kind.plural,
      name: key.name,
      body: patch,
    });
    const before = this.mustHave<T>(kind, key);
    const after = merge(structuredClone(before), JSON.parse(JSON.stringify(patch)), "") as T;
    return this.put(kind, after, "MODIFIED");
  }

  async delete<T extends KubeObject>(kind: KindRef<T>, key: Key, options: DeleteOptions = {}): Promise<boolean> {
    return (await this.deleteObject(kind, key, options)).state !== "absent";
  }

  async deleteObject<T extends KubeObject>(kind: KindRef<T>, key: Key, options: DeleteOptions = {}): Promise<Deletion<T>> {
    this.record({ verb: "delete", plural: kind.plural, name: key.name, body: options });
    const object = this.peek(kind, key);
    if (object === undefined) return { state: "absent" };
    const grace = options.gracePeriodSeconds ?? (kind.plural === "pods" ? 30 : 0);
    if (grace > 0) {
      const deletionTimestamp = rfc3339(this.clock.now() + grace * 1000);
      const metadata = { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace };
      return { state: "terminating", object: this.put(kind, { ...object, metadata }, "MODIFIED") };
    }
    this.stored.delete(idOf(kind, key));
    this.version += 1;
    const gone = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.tell(kind.plural, { type: "DELETED", object: gone });
    return { state: "deleted", uid: object.metadata.uid ?? "" };
  }

  async createSub<T extends KubeObject>(kind: KindRef<T>, key: Key, subresource: string, body: unknown): Promise<unknown> {
    this.record({ verb: `create ${subresource}`, plural: kind.plural, name: key.name, body });
    const expirationTimestamp = rfc3339(this.clock.now() + 3600_000);
    return { ...(body as object), status: { token: `token-${key.name}-${this.version}`, expirationTimestamp } };
  }

  private record(call: Call): void {
    this.calls.push(call);
    this.beforeWrite(call);
  }

  private mustHave<T extends KubeObject>(kind: KindRef<T>, key: Key): T {
    const object = this.peek(kind, key);
    if (object === undefined) throw notFound(kind, key.name);
    return object;
  }

  private put<T extends KubeObject>(kind: KindRef<T>, object: T, type: "ADDED" | "MODIFIED"): T {
    this.version += 1;
    const next = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.stored.set(idOf(kind, keyOf(next)), { plural: kind.plural, object: next });
    this.tell(kind.plural, { type, object: next });
    return next;
  }

  private tell(plural: string, event: WatchEvent<KubeObject> & { readonly object: KubeObject }): void {
    for (const listener of this.listeners) {
      if (listener.plural === plural && fits(event.object, listener.options)) listener.notify(event);
    }
  }
}

const nothing = (): void => undefined;

function keyOf(object: KubeObject): Key {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}

function idOf(kind: KindRef, key: Key): string {
  return `${kind.plural}/${key.namespace}/${key.name}`;
}

function fits(object: KubeObject, options: ListOptions): boolean {
  if (options.namespace !== undefined && object.metadata.namespace !== options.namespace) return false;
  const wanted = /^metadata\.name=(.*)$/.exec(options.fieldSelector ?? "")?.[1];
  return wanted === undefined || object.metadata.name === wanted;
}

function merge(into: unknown, patch: unknown, field: string): unknown {
  if (Array.isArray(patch)) return mergeList(into, patch, mergeKeys[field]);
  if (typeof patch !== "object" || patch === null) return patch;
  const out: Record<string, unknown> = typeof into === "object" && into !== null ? { ...into } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merge(out[key], value, key);
  }
  return out;
}

function mergeList(into: unknown, patch: readonly unknown[], key: string | undefined): unknown {
  const whole = patch.filter((entry) => (entry as Record<string, unknown>)["$patch"] !== "replace");
  if (whole.length < patch.length) return whole;
  if (key === undefined || !Array.isArray(into)) return patch.map((entry) => merge(undefined, entry, ""));
  let out: Record<string, unknown>[] = [...into];
  for (const entry of patch as Record<string, unknown>[]) {
    const at = out.findIndex((one) => one[key] === entry[key]);
    if (entry["$patch"] === "delete") out = out.filter((one) => one[key] !== entry[key]);
    else if (at < 0) out.push(merge(undefined, entry, "") as Record<string, unknown>);
    else out[at] = merge(out[at], entry, "") as Record<string, unknown>;
  }
  return out;
}
