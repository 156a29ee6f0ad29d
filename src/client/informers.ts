/**
 * The informer factory: one cache and one reflector per kind and field selector, shared by all that ask.
 * Upstream: staging/src/k8s.io/client-go/informers, tools/cache/shared_informer.go
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { seededRng, type Rng } from "../base/rng.ts";
import type { KindRef, KubeObject } from "../machinery/kind.ts";
import { ChangeDelivery, type ChangeHandler } from "./changeDelivery.ts";
import type { Client, Key, ReadYourWritesClient } from "./client.ts";
import type { IndexFunction, Informer, InformerFactory } from "./informer.ts";
import { ObjectCache, type CacheChange } from "./objectCache.ts";
import { orAborted } from "./orAborted.ts";
import { InformingClient } from "./readYourWrites.ts";
import { Reflector } from "./reflector.ts";

export interface InformerFactoryOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Jitter of retries; default: the same sequence each time. */
  readonly rng?: Rng | undefined;
  /** Freezes every cached object, so that whoever changes one fails at once: for tests. */
  readonly frozen?: boolean | undefined;
}

export function createInformerFactory(options: InformerFactoryOptions): InformerFactory {
  return new Factory(options);
}

class Factory implements InformerFactory {
  private readonly options: InformerFactoryOptions;
  private readonly rng: Rng;
  private readonly informers = new Map<string, CachingInformer<KubeObject>>();
  private readonly stop = new AbortController();

  constructor(options: InformerFactoryOptions) {
    this.options = options;
    this.rng = options.rng ?? seededRng(1);
  }

  informer<T extends KubeObject>(kind: KindRef<T>, fieldSelector?: string): Informer<T> {
    const id = informerId(kind, fieldSelector);
    let informer = this.informers.get(id) as CachingInformer<T> | undefined;
    if (informer === undefined) {
      informer = new CachingInformer(kind, this.options);
      this.informers.set(id, informer as unknown as CachingInformer<KubeObject>);
      const { client, clock, log } = this.options;
      const started = informer;
      informer.start(
        new Reflector({
          client,
          clock,
          log,
          kind,
          fieldSelector,
          rng: this.rng,
          cache: informer.cache,
          onChanges: (changes) => started.take(changes),
          onSynced: () => started.markSynced(),
        }),
      );
    }
    return informer;
  }

  async synced(signal?: AbortSignal): Promise<void> {
    const all = Promise.all([...this.informers.values()].map((informer) => informer.whenSynced));
    const stop = this.stop.signal;
    await orAborted(all, signal === undefined ? stop : AbortSignal.any([signal, stop]));
  }

  readYourWrites(client: Client): ReadYourWritesClient {
    return new InformingClient(client, (kind) => this.informers.get(informerId(kind, undefined)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort(new Error("the informers were stopped"));
    await Promise.all([...this.informers.values()].map((informer) => informer[Symbol.asyncDispose]()));
  }
}

function informerId(kind: KindRef, fieldSelector: string | undefined): string {
  return `${kind.group}/${kind.version}/${kind.plural}?${fieldSelector ?? ""}`;
}

class CachingInformer<T extends KubeObject> implements Informer<T>, AsyncDisposable {
  readonly kind: KindRef<T>;
  readonly cache: ObjectCache<T>;
  readonly whenSynced: Promise<void>;
  synced = false;
  private readonly stop = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly delivery: ChangeDelivery<T>;
  private resolveSynced: () => void = () => undefined;

  constructor(kind: KindRef<T>, { log, frozen }: Pick<InformerFactoryOptions, "log" | "frozen">) {
    this.kind = kind;
    this.cache = new ObjectCache<T>(frozen);
    this.delivery = new ChangeDelivery<T>(log);
    this.whenSynced = new Promise((resolve) => {
      this.resolveSynced = resolve;
    });
  }

  start(reflector: Reflector<T>): void {
    this.running = reflector.run(this.stop.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort(new Error("the informer was stopped"));
    await this.running;
  }

  take(changes: readonly CacheChange<T>[]): void {
    this.delivery.send(changes);
  }

  markSynced(): void {
    this.synced = true;
    this.resolveSynced();
  }

  observe(object: T): void {
    this.take(this.cache.observe(object));
  }

  observeDeletion(key: Key, uid: string): void {
    this.take(this.cache.observeDeletion(key, uid));
  }

  get(key: Key): T | undefined {
    return this.cache.get(key);
  }

  list(namespace?: string): readonly T[] {
    return this.cache.list(namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.cache.byIndex(index, value);
  }

  onChange(handler: ChangeHandler<T>): Disposable {
    return this.delivery.add(handler, this.cache.list());
  }

  addIndex(name: string, index: IndexFunction<T>): void {
    this.cache.addIndex(name, index);
  }
}
