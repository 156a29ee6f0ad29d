/** API objects of any kind, as JSON: what kubectl works on. */
import type { KubeObject } from "../../machinery/kind.ts";

export interface Unstructured extends KubeObject {
  [field: string]: unknown;
}

export interface UnstructuredList extends Unstructured {
  items: Unstructured[];
}

/** Whether it is a List: it has items. */
export function isList(object: Unstructured): object is UnstructuredList {
  return Array.isArray(object["items"]);
}

/** Items of a typed list get the kind that the list's says, where they have none. */
export function withItemKinds<T extends Unstructured>(object: T): T {
  if (!isList(object)) return object;
  const kind = (object.kind ?? "").replace(/List$/, "");
  for (const item of object.items) {
    if ((item.kind ?? "") === "" && kind !== "") item.kind = kind;
    if ((item.apiVersion ?? "") === "" && object.apiVersion !== undefined) item.apiVersion = object.apiVersion;
  }
  return object;
}

export function nameOf(object: Unstructured): string {
  return object.metadata?.name ?? "";
}

/** A value deep inside; undefined where the way breaks off. */
export function fieldAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = fieldAt(value, ...path);
  return typeof found === "string" ? found : "";
}
