/** Shared caches of one kind each, kept by list and watch. Objects handed out belong to the cache: never mutate them. */
import type { KindRef, KubeObject } from "../machinery/kind.ts";
import type { Client, Key, ReadYourWritesClient } from "./client.ts";

export interface Lister<T extends KubeObject> {
  get(key: Key): T | undefined;
  /** All, or those of one namespace. */
  list(namespace?: string): readonly T[];
  /** Objects whose index function gave this value; the index must have been added. */
  byIndex(index: string, value: string): readonly T[];
}

export type IndexFunction<T> = (object: T) => readonly string[];

export interface Informer<T extends KubeObject> extends Lister<T> {
  readonly kind: KindRef<T>;
  readonly synced: boolean;
  /** `object` is undefined for a deletion, `previous` for an addition. Called for what is cached already, too. */
  onChange(handler: (object: T | undefined, previous: T | undefined) => void): Disposable;
  /** Idempotent per name; may be called before or after start. */
  addIndex(name: string, index: IndexFunction<T>): void;
}

/** Ready-made index: controlling owner's uid. */
export const byOwnerUid = "byOwnerUid";
/** Ready-made index on Pods: spec.nodeName. */
export const byNodeName = "byNodeName";

export interface InformerFactory extends AsyncDisposable {
  /** One informer per kind (and field selector), shared by all that ask. Starts when first asked for. */
  informer<T extends KubeObject>(kind: KindRef<T>, fieldSelector?: string): Informer<T>;
  /** The same client, but what it writes is in these caches when the call returns: a loop sees its own last action. */
  readYourWrites(client: Client): ReadYourWritesClient;
  /** Resolves when every informer asked for so far has its first list. */
  synced(signal?: AbortSignal): Promise<void>;
}
