/**
 * Where objects live in the store: `/registry/<group or core>/<plural>/<namespace>/<name>`, without the namespace for cluster-scoped kinds.
 * A name can't hold a slash, so a prefix that ends in one names exactly a kind or a namespace of it.
 */
import type { KindRef } from "../../machinery/kind.ts";

export const registryPrefix = "/registry/";

/** Names the kind in the store; two versions of one kind share it. */
export function kindPrefix(kind: Pick<KindRef, "group" | "plural">): string {
  return `${registryPrefix}${kind.group === "" ? "core" : kind.group}/${kind.plural}/`;
}

export function objectKey(kind: Pick<KindRef, "group" | "plural" | "namespaced">, namespace: string, name: string): string {
  return kind.namespaced ? `${kindPrefix(kind)}${namespace}/${name}` : kindPrefix(kind) + name;
}

/** All objects of the kind, or those of one namespace when it isn't empty. */
export function listPrefix(kind: Pick<KindRef, "group" | "plural" | "namespaced">, namespace: string): string {
  return kind.namespaced && namespace !== "" ? `${kindPrefix(kind)}${namespace}/` : kindPrefix(kind);
}

/** `/registry/core/pods/default/web-1` -> `/registry/core/pods/`; undefined for a key that holds no object. */
export function kindPrefixOfKey(key: string): string | undefined {
  if (!key.startsWith(registryPrefix)) return undefined;
  const afterGroup = key.indexOf("/", registryPrefix.length);
  const afterPlural = afterGroup < 0 ? -1 : key.indexOf("/", afterGroup + 1);
  return afterPlural < 0 ? undefined : key.slice(0, afterPlural + 1);
}
