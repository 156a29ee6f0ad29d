/** The kinds that can be served, and what is kept of each. */
import type { Kind } from "../../machinery/kind.ts";
import type { Resource } from "../registry/resource.ts";
import type { Feed } from "../storage/feed.ts";
import { KindCache } from "../storage/kindCache.ts";
import { kindPrefix } from "../storage/keys.ts";

/** Two versions of one resource need to say how one is made of the other: without that the second is left out. */
export function servable(kinds: readonly Kind[]): readonly Kind[] {
  const owners = new Map<string, Kind>();
  for (const kind of kinds) if (kind.storedAs === undefined && !owners.has(kindPrefix(kind))) owners.set(kindPrefix(kind), kind);
  return kinds.filter((kind) => kind.storedAs !== undefined || owners.get(kindPrefix(kind)) === kind);
}

/** A kind's own cache, or that of the kind it is stored as. */
export function resourcesOf(kinds: readonly Kind[], feed: Feed): ReadonlyMap<string, Resource> {
  const resources = new Map<string, Resource>();
  for (const kind of kinds) {
    if (kind.storedAs !== undefined || resources.has(kindPrefix(kind))) continue;
    const cache = new KindCache(kind);
    feed.add(cache);
    resources.set(kindPrefix(kind), { kind, cache });
  }
  return resources;
}
