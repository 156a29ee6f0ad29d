/**
 * The typed client over any Transport: JSON both ways. Left out: protobuf, retries (callers are loops that back off), discovery
 * (callers know their kinds).
 */
import { apiVersionOf, type KindRef, type KubeObject } from "../machinery/kind.ts";
import type { ApiRequest, ApiResponse, Transport } from "../machinery/http.ts";
import { isApiError } from "../machinery/status.ts";
import type { Status } from "../schema/shapes/meta.v1.ts";
import type { Client, DeleteOptions, Deletion, Key, ListOptions, PatchType, WatchEvent, WatchOptions } from "./client.ts";
import { readAll } from "./jsonLines.ts";
import { collectionPath, listQuery, objectPath, withQuery, type Query } from "./resourcePath.ts";
import { asApiError, watchEvents } from "./watchStream.ts";

export interface ClientOptions {
  readonly userAgent?: string | undefined;
  /** Sent with every write; default: the server derives it from the user agent. */
  readonly fieldManager?: string | undefined;
}

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

export function createClient(transport: Transport, options: ClientOptions = {}): Client {
  const call = new Caller(transport, options);
  const writeQuery: Query = { fieldManager: options.fieldManager };
  return {
    async get<T extends KubeObject>(kind: KindRef<T>, key: Key): Promise<T | undefined> {
      try {
        return await call.object<T>(kind, { method: "GET", url: objectPath(kind, key) });
      } catch (error) {
        if (isApiError(error, "NotFound")) return undefined;
        throw error;
      }
    },

    async list<T extends KubeObject>(kind: KindRef<T>, listOptions: ListOptions = {}) {
      const url = withQuery(collectionPath(kind, listOptions.namespace), listQuery(listOptions));
      const list = (await call.json({ method: "GET", url })) as ListBody<T>;
      const items = list.items ?? [];
      for (const item of items) named(kind, item);
      const next = list.metadata?.continue;
      return { items, resourceVersion: list.metadata?.resourceVersion ?? "", continue: next === "" ? undefined : next };
    },

    watch: <T extends KubeObject>(kind: KindRef<T>, watchOptions: WatchOptions) => watch(call, kind, watchOptions),

    create: (kind, object) =>
      call.object(kind, {
        method: "POST",
        url: withQuery(collectionPath(kind, object.metadata.namespace), writeQuery),
        body: named(kind, { ...object }),
      }),

    update: (kind, object, subresource) => call.put(kind, object, subresource),
    updateStatus: (kind, object) => call.put(kind, object, "status"),

    patch: (kind, key, type, ...[patch, subresource]) =>
      call.object(kind, {
        method: "PATCH",
        url: withQuery(objectPath(kind, key, subresource), writeQuery),
        body: patch,
        contentType: patchContentTypes[type],
      }),

    deleteObject: (kind, key, deleteOptions) => remove(call, kind, key, deleteOptions),
    delete: async (kind, key, deleteOptions) => (await remove(call, kind, key, deleteOptions)).state !== "absent",

    createSub: (kind, key, subresource, body) =>
      call.json({ method: "POST", url: withQuery(objectPath(kind, key, subresource), writeQuery), body }),
  };
}

interface ListBody<T> {
  readonly items?: T[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

class Caller {
  private readonly transport: Transport;
  private readonly options: ClientOptions;

  constructor(transport: Transport, options: ClientOptions) {
    this.transport = transport;
    this.options = options;
  }

  /** The response of a request that succeeded; anything else is thrown as ApiError. */
  async response(call: Call): Promise<ApiResponse> {
    const body = call.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(call.body));
    const request: ApiRequest = {
      method: call.method,
      url: call.url,
      headers: {
        accept: "application/json",
        ...(this.options.userAgent === undefined ? {} : { "user-agent": this.options.userAgent }),
        ...(body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
      },
      body,
      signal: call.signal,
    };
    const response = await this.transport(request);
    if (response.status >= 200 && response.status < 300) return response;
    throw asApiError(parse(await readAll(response.body)), response.status);
  }

  async json(call: Call): Promise<unknown> {
    const response = await this.response(call);
    const text = new TextDecoder().decode(await readAll(response.body));
    return JSON.parse(text) as unknown;
  }

  async object<T extends KubeObject>(kind: KindRef<T>, call: Call): Promise<T> {
    return named(kind, (await this.json(call)) as T);
  }

  put<T extends KubeObject>(kind: KindRef<T>, object: T, subresource?: string): Promise<T> {
    const { namespace = "", name } = object.metadata;
    const path = objectPath(kind, { namespace, name }, subresource);
    const url = withQuery(path, { fieldManager: this.options.fieldManager });
    return this.object(kind, { method: "PUT", url, body: named(kind, { ...object }) });
  }
}

async function remove<T extends KubeObject>(call: Caller, kind: KindRef<T>, key: Key, options: DeleteOptions = {}): Promise<Deletion<T>> {
  const body = { kind: "DeleteOptions", apiVersion: "v1", ...options };
  try {
    return deletionOf<T>(await call.json({ method: "DELETE", url: objectPath(kind, key), body }));
  } catch (error) {
    if (isApiError(error, "NotFound")) return { state: "absent" };
    throw error;
  }
}

/** The server answers with a Status when the object is gone, or with the object: its last state, or marked for deletion. */
function deletionOf<T extends KubeObject>(answer: unknown): Deletion<T> {
  const status = answer as Status;
  if (status.kind === "Status") return { state: "deleted", uid: status.details?.uid ?? "" };
  const object = answer as T;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  const stays = deletionTimestamp !== undefined && (deletionGracePeriodSeconds > 0 || finalizers.length > 0);
  return stays ? { state: "terminating", object } : { state: "deleted", uid: object.metadata.uid ?? "" };
}

/** Fills apiVersion and kind, which servers leave out of list items and callers out of new objects. Mutates. */
function named<T extends KubeObject>(kind: KindRef<T>, object: T): T {
  object.apiVersion ??= apiVersionOf(kind);
  object.kind ??= kind.kind;
  return object;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

async function* watch<T extends KubeObject>(call: Caller, kind: KindRef<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
  const { signal, sendInitialEvents } = options;
  if (signal.aborted) return;
  const url = withQuery(collectionPath(kind, options.namespace), {
    watch: true,
    allowWatchBookmarks: true,
    ...listQuery(options),
    timeoutSeconds: options.timeoutSeconds,
    ...(sendInitialEvents === true ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" } : {}),
  });
  try {
    const response = await call.response({ method: "GET", url, signal });
    for await (const event of watchEvents<T>(response.body, signal)) {
      if (event.type !== "BOOKMARK") named(kind, event.object);
      yield event;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
