/**
 * ConfigMaps and Secrets that running pods refer to: one list and watch per object, shared by all kubelets of a process, kept while somebody
 * refers to it and a little longer. Never lists a whole namespace: a node may only see what its pods name.
 * Upstream: pkg/kubelet/util/manager/watch_based_manager.go
 */
import { sleep, type Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Client, Key } from "../../client/client.ts";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";

/** A pod that comes back soon finds its objects still here. */
const lingerMs = 30_000;
const firstRetryMs = 200;
const maxRetryMs = 10_000;

export interface StoreDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Reference<T extends KubeObject> extends Disposable {
  /** Undefined: there is none (or, before `ready`, not known yet). */
  readonly object: T | undefined;
  /** Resolves when it is known whether the object exists. */
  readonly ready: Promise<void>;
  readonly known: boolean;
}

export class ReferencedObjects implements Disposable {
  private readonly deps: StoreDeps;
  private readonly entries = new Map<string, Entry<KubeObject>>();

  constructor(deps: StoreDeps) {
    this.deps = deps;
  }

  /** `onChange` is called after each change that follows. */
  refer<T extends KubeObject>(kind: KindRef<T>, key: Key, onChange: () => void): Reference<T> {
    const id = `${kind.plural}/${key.namespace}/${key.name}`;
    let entry = this.entries.get(id) as Entry<T> | undefined;
    if (entry === undefined) {
      entry = new Entry<T>(this.deps, kind, key, () => this.entries.delete(id));
      this.entries.set(id, entry);
    }
    return entry.join(onChange);
  }

  /** Stops every watch. */
  [Symbol.dispose](): void {
    for (const entry of this.entries.values()) entry[Symbol.dispose]();
    this.entries.clear();
  }
}

class Entry<T extends KubeObject> implements Disposable {
  object: T | undefined;
  known = false;
  readonly ready: Promise<void>;
  private readonly deps: StoreDeps;
  private readonly kind: KindRef<T>;
  private readonly key: Key;
  private readonly forget: () => void;
  private readonly listeners = new Set<() => void>();
  private readonly stop = new AbortController();
  private linger: Disposable | undefined;
  private markKnown: () => void = () => undefined;

  constructor(deps: StoreDeps, kind: KindRef<T>, key: Key, forget: () => void) {
    this.deps = deps;
    this.kind = kind;
    this.key = key;
    this.forget = forget;
    this.ready = new Promise((resolve) => {
      this.markKnown = resolve;
    });
    void this.run();
  }

  join(onChange: () => void): Reference<T> {
    const listener = (): void => onChange();
    this.listeners.add(listener);
    this.linger?.[Symbol.dispose]();
    this.linger = undefined;
    // eslint-disable-next-line typescript/no-this-alias
    const entry = this;
    return {
      ready: this.ready,
      get object() {
        return entry.object;
      },
      get known() {
        return entry.known;
      },
      [Symbol.dispose]: () => this.leave(listener),
    };
  }

  private leave(listener: () => void): void {
    if (!this.listeners.delete(listener) || this.listeners.size > 0) return;
    if (this.stop.signal.aborted) return;
    this.linger = this.deps.clock.after(lingerMs, () => {
      this.forget();
      this[Symbol.dispose]();
    });
  }

  [Symbol.dispose](): void {
    this.linger?.[Symbol.dispose]();
    this.stop.abort(new Error("nobody refers to it any more"));
  }

  private async run(): Promise<void> {
    const { signal } = this.stop;
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      try {
        await this.follow();
        retryMs = firstRetryMs;
      } catch (error) {
        if (signal.aborted) return;
        this.deps.log.debug("watching an object failed, will retry", {
          object: `${this.kind.plural}/${this.key.name}`,
          error: String(error),
        });
      }
      await sleep(this.deps.clock, retryMs, signal).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, maxRetryMs);
    }
  }

  private async follow(): Promise<void> {
    const { client } = this.deps;
    const query = { namespace: this.key.namespace, fieldSelector: `metadata.name=${this.key.name}` };
    const { items, resourceVersion } = await client.list(this.kind, query);
    this.set(items[0]);
    for await (const event of client.watch(this.kind, { ...query, resourceVersion, signal: this.stop.signal })) {
      if (event.type !== "BOOKMARK") this.set(event.type === "DELETED" ? undefined : event.object);
    }
  }

  private set(object: T | undefined): void {
    const changed = this.known && object?.metadata.resourceVersion !== this.object?.metadata.resourceVersion;
    this.object = object;
    this.known = true;
    this.markKnown();
    if (changed) for (const listener of this.listeners) listener();
  }
}
