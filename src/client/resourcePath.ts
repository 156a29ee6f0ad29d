/** Where a kind's objects live on the API: paths and query strings. */
import { assert } from "../base/assert.ts";
import type { KindRef } from "../machinery/kind.ts";
import type { Key, ListOptions } from "./client.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The collection: of one namespace, or with an empty or absent namespace of the whole cluster. */
export function collectionPath(kind: KindRef, namespace?: string): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const place = kind.namespaced && namespace !== undefined && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${place}/${kind.plural}`;
}

export function objectPath(kind: KindRef, key: Key, subresource?: string): string {
  assert(key.name !== "", `a ${kind.kind} is addressed without its name`);
  assert(!kind.namespaced || key.namespace !== "", `a ${kind.kind} is addressed without its namespace`);
  const tail = subresource === undefined ? "" : `/${subresource}`;
  return `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}${tail}`;
}

/** Appends what is not undefined, in the order given. */
export function withQuery(path: string, query: Query): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}

export function listQuery(options: ListOptions): Query {
  return {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit,
    continue: options.continue,
    resourceVersion: options.resourceVersion,
  };
}
