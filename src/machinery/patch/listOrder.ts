/**
 * Lists in strategic merge patches: what their items are, which belong to the patch, and in which order they end up.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go (normalizeElementOrder and around)
 */
import { badRequest } from "../status.ts";
import { directive } from "./patchRules.ts";
import { isObject, type JsonObject, kindOf } from "./jsonValue.ts";

/** Lists hold objects, which merge by key, or scalars, which are their own key. Throws ApiError on a mixture. */
export function itemsAreObjects(...lists: readonly (readonly unknown[])[]): boolean {
  const kinds = new Set(lists.flat().map(kindOf));
  if (kinds.has("array")) throw badRequest("lists of lists are not supported");
  if (kinds.size > 1) throw badRequest(`list element types are not identical: ${JSON.stringify(lists)}`);
  return kinds.has("object");
}

/** What identifies an item: its merge key's value, or itself. Throws ApiError when an object has no such key. */
export function identity(item: unknown, mergeKey: string | undefined): unknown {
  if (mergeKey === undefined || !isObject(item)) return item;
  if (!Object.hasOwn(item, mergeKey)) throw missingKey(item, mergeKey);
  return item[mergeKey];
}

export function missingKey(item: JsonObject, mergeKey: string): Error {
  return badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
}

export interface ListOrder {
  /** The order that the patch wants. */
  readonly wanted: readonly unknown[];
  /** The order of the live list. */
  readonly live: readonly unknown[];
  readonly mergeKey: string | undefined;
}

/**
 * Items that the patch names come in its order, the others keep their order among themselves, and each of those stands before
 * the first of the patch's items that it preceded in the live list.
 */
export function ordered(items: readonly unknown[], order: ListOrder): unknown[] {
  const wanted = positions(order.wanted, order.mergeKey);
  const live = positions(order.live, order.mergeKey);
  const at = (places: ReadonlyMap<unknown, number>, item: unknown): number => places.get(identity(item, order.mergeKey)) ?? Infinity;
  const named = sortedBy(
    items.filter((item) => at(wanted, item) < Infinity),
    (item) => at(wanted, item),
  );
  const others = sortedBy(
    items.filter((item) => at(wanted, item) === Infinity),
    (item) => at(live, item),
  );
  const out: unknown[] = [];
  let next = 0;
  for (const item of named) {
    while (next < others.length && isBefore(at(live, others[next]), at(live, item))) out.push(others[next++]);
    out.push(item);
  }
  return [...out, ...others.slice(next)];
}

const isBefore = (a: number, b: number): boolean => a < Infinity && b < Infinity && a < b;

function positions(list: readonly unknown[], mergeKey: string | undefined): Map<unknown, number> {
  const places = new Map<unknown, number>();
  list.forEach((item, i) => {
    const id = identity(item, mergeKey);
    if (!places.has(id)) places.set(id, i);
  });
  return places;
}

const deletes = (item: unknown): boolean => isObject(item) && item[directive] === "delete";

/** Stable; items that only order a deletion go last. */
function sortedBy(items: readonly unknown[], place: (item: unknown) => number): unknown[] {
  const rank = (item: unknown): number => (deletes(item) ? Infinity : place(item));
  return items.toSorted((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x === y ? 0 : x - y;
  });
}

/** Each value once, the first of equals. */
export function distinct(items: readonly unknown[]): unknown[] {
  return [...new Set(items)];
}
