/**
 * A client whose writes are in the caches when the call returns. A loop that reads a cache then never acts on a state from before its own last
 * action, which is what upstream's expectations are for. The reflector brings the same change a moment later and the cache recognises it.
 * A write that failed without saying whether it was carried out is remembered until `resolveDoubts` has asked.
 */
import type { KindRef, KubeObject } from "../machinery/kind.ts";
import { ApiError } from "../machinery/status.ts";
import type {
  Client,
  DeleteOptions,
  Deletion,
  Key,
  ListOptions,
  ListResult,
  PatchType,
  ReadYourWritesClient,
  WatchEvent,
  WatchOptions,
} from "./client.ts";

/** The side of an informer that takes news of our own writes. */
export interface WriteObserver<T extends KubeObject> {
  get(key: Key): T | undefined;
  observe(object: T): void;
  observeDeletion(key: Key, uid: string): void;
}

type ObserverOf = (kind: KindRef) => WriteObserver<KubeObject> | undefined;

interface Doubt {
  readonly kind: KindRef;
  readonly key: Key;
  /** What was there before, if anything. */
  readonly uid: string | undefined;
}

export class InformingClient implements ReadYourWritesClient {
  private readonly client: Client;
  private readonly observerOf: ObserverOf;
  /** By kind and key: as many as there are objects at most. */
  private readonly doubts = new Map<string, Doubt>();

  constructor(client: Client, observerOf: ObserverOf) {
    this.client = client;
    this.observerOf = observerOf;
  }

  get<T extends KubeObject>(kind: KindRef<T>, key: Key): Promise<T | undefined> {
    return this.client.get(kind, key);
  }

  list<T extends KubeObject>(kind: KindRef<T>, options?: ListOptions): Promise<ListResult<T>> {
    return this.client.list(kind, options);
  }

  watch<T extends KubeObject>(kind: KindRef<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    return this.client.watch(kind, options);
  }

  create<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<T> {
    return this.seen(kind, keyOf(object), this.client.create(kind, object));
  }

  update<T extends KubeObject>(kind: KindRef<T>, object: T, subresource?: string): Promise<T> {
    return this.seen(kind, keyOf(object), this.client.update(kind, object, subresource));
  }

  updateStatus<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<T> {
    return this.seen(kind, keyOf(object), this.client.updateStatus(kind, object));
  }

  patch<T extends KubeObject>(kind: KindRef<T>, key: Key, ...rest: [type: PatchType, patch: unknown, subresource?: string]): Promise<T> {
    return this.seen(kind, key, this.client.patch(kind, key, ...rest));
  }

  async deleteObject<T extends KubeObject>(kind: KindRef<T>, key: Key, options?: DeleteOptions): Promise<Deletion<T>> {
    const outcome = await this.orDoubt(kind, key, this.client.deleteObject(kind, key, options));
    const observer = this.observerOf(kind);
    const askedUid = options?.preconditions?.uid;
    if (outcome.state === "terminating") observer?.observe(structuredClone(outcome.object));
    else if (outcome.state === "deleted") observer?.observeDeletion(key, outcome.uid);
    else if (askedUid !== undefined) observer?.observeDeletion(key, askedUid);
    return outcome;
  }

  async delete<T extends KubeObject>(kind: KindRef<T>, key: Key, options?: DeleteOptions): Promise<boolean> {
    return (await this.deleteObject(kind, key, options)).state !== "absent";
  }

  createSub<T extends KubeObject>(kind: KindRef<T>, key: Key, ...rest: [subresource: string, body: unknown]): Promise<unknown> {
    return this.client.createSub(kind, key, ...rest);
  }

  async resolveDoubts(): Promise<void> {
    for (const [id, doubt] of this.doubts) {
      const object = await this.client.get(doubt.kind, doubt.key);
      this.doubts.delete(id);
      const observer = this.observerOf(doubt.kind);
      if (object !== undefined) observer?.observe(object);
      else if (doubt.uid !== undefined) observer?.observeDeletion(doubt.key, doubt.uid);
    }
  }

  private async seen<T extends KubeObject>(kind: KindRef<T>, key: Key, write: Promise<T>): Promise<T> {
    const object = await this.orDoubt(kind, key, write);
    // Sub-resources such as scale answer with another kind.
    // The caller may change its answer, so the cache gets a copy.
    if (object.kind === kind.kind && object.metadata.uid !== undefined) this.observerOf(kind)?.observe(structuredClone(object));
    return object;
  }

  private async orDoubt<T>(kind: KindRef, key: Key, write: Promise<T>): Promise<T> {
    const id = `${kind.group}/${kind.plural}/${key.namespace}/${key.name}`;
    try {
      const answer = await write;
      this.doubts.delete(id);
      return answer;
    } catch (error) {
      // A refusal by the server is certain; a name that the server was to choose can't be asked for.
      const isRefusal = error instanceof ApiError && error.code < 500;
      const observer = this.observerOf(kind);
      if (!isRefusal && observer !== undefined && key.name !== "") this.doubts.set(id, { kind, key, uid: observer.get(key)?.metadata.uid });
      throw error;
    }
  }
}

function keyOf(object: KubeObject): Key {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}
