/**
 * One page of a list: out of the cache while it still shows the revision asked for, else out of the store's history.
 * Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go (GetList), storage/cacher
 */
import { ApiError, expired, failure } from "../../machinery/status.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import type { Store } from "../../store/store.ts";
import { CompactedError, FutureRevisionError } from "../../store/store.ts";
import { decodeContinue, encodeContinue } from "./continueToken.ts";
import type { Feed } from "./feed.ts";
import type { KindCache } from "./kindCache.ts";
import { Stored } from "./stored.ts";

export interface PageQuery {
  readonly prefix: string;
  /** 0: all. */
  readonly limit: number;
  readonly continueToken: string;
  /** Exactly this revision, or at least; absent: whatever is newest. */
  readonly exactRevision: number | undefined;
  readonly matches: ((object: KubeObject) => boolean) | undefined;
}

export interface Page {
  readonly items: readonly Stored[];
  readonly revision: number;
  readonly continueToken: string;
  /** Unknown when a selector hides some. */
  readonly remaining: number | undefined;
}

const historyPageSize = 500;
const messages = {
  list: "The resourceVersion for the provided list is too old.",
  continued:
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue " +
    "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token " +
    "results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and " +
    "now may show up in the list.",
};

/** The cache must be fresh enough already. */
export async function pageOf(store: Store, feed: Feed, cache: KindCache, query: PageQuery): Promise<Page> {
  const from = query.continueToken === "" ? undefined : decodeContinue(query.prefix, query.continueToken);
  const asked = from !== undefined && from.revision > 0 ? from.revision : query.exactRevision;
  const startKey = from?.startKey ?? query.prefix;
  if (asked === undefined || (asked >= cache.lastChange && asked <= feed.revision)) {
    return await cachedPage(feed, cache, { ...query, startKey, revision: asked ?? feed.revision });
  }
  try {
    return await historicPage(store, cache, query, { startKey, revision: asked });
  } catch (error) {
    throw asListError(error, query, from?.startKey);
  }
}

async function cachedPage(
  feed: Feed,
  cache: KindCache,
  query: PageQuery & { readonly startKey: string; readonly revision: number },
): Promise<Page> {
  const { startKey, revision } = query;
  const all = cache.range(query.prefix);
  const from = startKey === query.prefix ? 0 : all.findIndex(({ key }) => key >= startKey);
  if (from < 0) return finish(query, [], revision, 0);
  const { limit, matches } = query;
  if (matches === undefined) {
    const to = limit === 0 ? all.length : Math.min(all.length, from + limit);
    return finish(query, from === 0 && to === all.length ? all : all.slice(from, to), revision, all.length - to);
  }
  await feed.decodeAll(all);
  const items: Stored[] = [];
  let at = from;
  const wanted = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  for (; at < all.length && items.length < wanted; at += 1) {
    const stored = all[at];
    if (stored !== undefined && matches(stored.object)) items.push(stored);
  }
  return finish(query, items, revision, all.length - at);
}

async function historicPage(
  store: Store,
  cache: KindCache,
  query: PageQuery,
  start: { startKey: string; revision: number },
): Promise<Page> {
  const items: Stored[] = [];
  const { limit, matches } = query;
  let after = withoutEnd(start.startKey);
  for (;;) {
    const size = limit === 0 ? historyPageSize : Math.min(historyPageSize, limit - items.length);
    const page = await store.range(query.prefix, { atRevision: start.revision, after, limit: size });
    for (const entry of page.entries) {
      const stored = new Stored(cache.codec, entry.key, entry.value, entry.revision);
      if (matches === undefined || matches(stored.object)) items.push(stored);
      after = entry.key;
    }
    if (page.remaining === 0 || (limit > 0 && items.length >= limit)) return finish(query, items, start.revision, page.remaining);
  }
}

function finish(query: PageQuery, items: readonly Stored[], revision: number, remaining: number): Page {
  const last = items.at(-1);
  if (remaining === 0 || last === undefined) return { items, revision, continueToken: "", remaining: undefined };
  const continueToken = encodeContinue(query.prefix, last.key, revision);
  return { items, revision, continueToken, remaining: query.matches === undefined ? remaining : undefined };
}

/** The key itself: a token starts just behind it. */
function withoutEnd(startKey: string): string {
  return startKey.endsWith("\u0000") ? startKey.slice(0, -1) : startKey;
}

function asListError(error: unknown, query: PageQuery, continuedFrom: string | undefined): unknown {
  if (error instanceof CompactedError) {
    if (continuedFrom === undefined) return expired(messages.list);
    const gone = expired(messages.continued);
    const next = encodeContinue(query.prefix, withoutEnd(continuedFrom), -1);
    return new ApiError({ ...gone.status, metadata: { continue: next } });
  }
  if (error instanceof FutureRevisionError) {
    const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
    return failure(504, "Timeout", "Timeout: Too large resource version", { causes, retryAfterSeconds: 1 });
  }
  return error;
}
