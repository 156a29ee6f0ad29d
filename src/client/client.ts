/**
 * The typed client's port: what controllers, scheduler and kubelet see of the API. Errors of the server are thrown as ApiError;
 * `get` gives undefined for NotFound. Implementation: client/httpClient.ts over any Transport.
 */
import type { KindRef, KubeObject } from "../machinery/kind.ts";

export interface Key {
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface ListResult<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  readonly continue: string | undefined;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean };

export interface WatchOptions extends ListOptions {
  /** Initial ADDED events, then a bookmark with initialEventsEnd (WatchList). */
  readonly sendInitialEvents?: boolean;
  /** Asks the server to end the watch after about this long; default: the server's choice. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal: AbortSignal;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
}

export type Deletion<T> =
  /** There was nothing to delete. */
  | { readonly state: "absent" }
  /** Marked; it goes when its grace is over and its finalizers are done. */
  | { readonly state: "terminating"; readonly object: T }
  | { readonly state: "deleted"; readonly uid: string };

export type PatchType = "json" | "merge" | "strategic";

export interface Client {
  get<T extends KubeObject>(kind: KindRef<T>, key: Key): Promise<T | undefined>;
  list<T extends KubeObject>(kind: KindRef<T>, options?: ListOptions): Promise<ListResult<T>>;
  /** Throws ApiError (410 Expired) when the resourceVersion is too old; ends when the server closes or the signal aborts. */
  watch<T extends KubeObject>(kind: KindRef<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<T>;
  /** Replaces the object (or a sub-resource of it, such as `finalize`); `metadata.resourceVersion`, when set, must match (409 Conflict). */
  update<T extends KubeObject>(kind: KindRef<T>, object: T, subresource?: string): Promise<T>;
  updateStatus<T extends KubeObject>(kind: KindRef<T>, object: T): Promise<T>;
  patch<T extends KubeObject>(kind: KindRef<T>, key: Key, type: PatchType, patch: unknown, subresource?: string): Promise<T>;
  /** Gives false when there was nothing to delete. */
  delete<T extends KubeObject>(kind: KindRef<T>, key: Key, options?: DeleteOptions): Promise<boolean>;
  /** As `delete`, and tells what became of the object. */
  deleteObject<T extends KubeObject>(kind: KindRef<T>, key: Key, options?: DeleteOptions): Promise<Deletion<T>>;
  /** POST to a sub-resource such as `binding`, `eviction`, `token`. */
  createSub<T extends KubeObject>(kind: KindRef<T>, key: Key, subresource: string, body: unknown): Promise<unknown>;
}

/** A client whose writes its caller's caches know of at once; see InformerFactory.readYourWrites. */
export interface ReadYourWritesClient extends Client {
  /**
   * Finds out about writes whose answer was an error that leaves open whether they were carried out, so that the caches know of those too. Throws
   * when the server can't be asked. A loop calls it before it looks at the caches, where acting twice would be wrong.
   */
  resolveDoubts(): Promise<void>;
}

/** Records Events, worded as upstream's, aggregated by count. Never throws and never waits. */
export interface EventRecorder {
  /** `regarding` is the object, or a part of it by its field path, e.g. `spec.containers{hello}`. */
  event(regarding: KubeObject | ObjectPart, type: "Normal" | "Warning", reason: string, message: string): void;
}

export interface ObjectPart {
  readonly object: KubeObject;
  readonly fieldPath: string;
}
