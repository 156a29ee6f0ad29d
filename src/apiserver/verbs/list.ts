/**
 * Lists a kind: bytes from the cache, copied into chunks that the listener writes at the client's pace, so that neither the loop nor memory suffers.
 */
import type { ApiResponse } from "../../machinery/http.ts";
import { apiVersionOf } from "../../machinery/kind.ts";
import type { ListMeta } from "../../schema/shapes/meta.v1.ts";
import { listOptionsOf, matcherOf, revisionOf } from "../request/listOptions.ts";
import type { ListOptions } from "../request/listOptions.ts";
import { asServed } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { reply, replyAny } from "../server/reply.ts";
import { listPrefix, objectKey } from "../storage/keys.ts";
import type { ObjectCodec } from "../storage/codec.ts";
import { pageOf } from "../storage/page.ts";
import type { Page } from "../storage/page.ts";
import type { Stored } from "../storage/stored.ts";
import { columnsOf, includeObjectOf, partialOf, rowOf } from "../table/convert.ts";

const chunkBytes = 128 * 1024;
/** Rows made between two pauses: making a row costs some 10 µs. */
const rowsPerChunk = 200;

export async function list(call: ResourceCall): Promise<ApiResponse> {
  const options = listOptionsOf(call.info.query, call.resource.kind, false);
  const page = await pageFor(call, options);
  const { output, kind } = call;
  if (output.convert === "Table") includeObjectOf(call.info.query); // refuses a bad value before the answer begins
  const metadata: ListMeta = {
    resourceVersion: String(page.revision),
    ...(page.continueToken === "" ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  if (output.media === "json" && !output.pretty) {
    if (output.convert === "Table") return reply(call, 200, small(tableChunks(call, page, metadata), page));
    if (output.convert === undefined && kind.storedAs === undefined) {
      return reply(call, 200, small(itemChunks(call, page, metadata), page));
    }
  }
  return replyAny(call, 200, wholeList(call, page, metadata));
}

export async function pageFor(call: ResourceCall, options: ListOptions): Promise<Page> {
  const { registry, resource } = call;
  const { feed, store } = registry;
  const revision = options.resourceVersion === "" ? undefined : revisionOf(options.resourceVersion);
  if (revision === undefined) await feed.fresh();
  else if (revision > 0) await feed.reached(revision);
  const exactRevision = isExact(options, revision) ? revision : undefined;
  const namespace = namespaceOf(call, options);
  const name = options.fields.exact("metadata.name");
  const one = name !== undefined && (namespace !== "" || !resource.kind.namespaced);
  if (one && options.continueToken === "" && exactRevision === undefined) {
    return singlePage(call, options, resource.cache.get(objectKey(resource.kind, namespace, name)));
  }
  return await pageOf(store, feed, resource.cache, {
    prefix: listPrefix(resource.kind, namespace),
    limit: options.limit,
    continueToken: options.continueToken,
    exactRevision,
    matches: matcherOf(options, resource.kind),
  });
}

/** A limit without a match means the exact revision, as upstream. */
function isExact({ resourceVersionMatch: match, limit }: ListOptions, revision: number | undefined): boolean {
  return revision !== undefined && revision > 0 && (match === "Exact" || (match === "" && limit > 0));
}

/** The URL's, or the one that the field selector narrows it to. */
function namespaceOf({ info }: ResourceCall, options: ListOptions): string {
  return info.namespace === "" ? (options.fields.exact("metadata.namespace") ?? "") : info.namespace;
}

function singlePage(call: ResourceCall, options: ListOptions, stored: Stored | undefined): Page {
  const found = stored !== undefined && (matcherOf(options, call.resource.kind)?.(stored.object) ?? true);
  return { items: found ? [stored] : [], revision: call.registry.feed.revision, continueToken: "", remaining: undefined };
}

/** A short list is one piece: no iterator on the way of the many small answers. */
function small(chunks: Generator<Uint8Array>, page: Page): ApiResponse["body"] {
  if (page.items.length > 1_000) return paced(chunks);
  const parts = [...chunks];
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : paced(parts);
}

async function* paced(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

const encoder = new TextEncoder();
const closing = encoder.encode("]}\n");

function* itemChunks(call: ResourceCall, page: Page, metadata: ListMeta): Generator<Uint8Array> {
  const { codec } = call.resource.cache;
  const head = encoder.encode(
    `{"kind":"${call.kind.listKind}","apiVersion":"${apiVersionOf(call.kind)}","metadata":${JSON.stringify(metadata)},"items":[`,
  );
  yield* filled(page.items, head, codec);
}

function* filled(items: readonly Stored[], head: Uint8Array, codec: ObjectCodec): Generator<Uint8Array> {
  let total = head.length + closing.length;
  for (const item of items) {
    total += codec.itemSizeBytes(item.bytes) + 1;
    if (total > chunkBytes) break;
  }
  let chunk = new Uint8Array(Math.min(total, chunkBytes));
  let at = 0;
  chunk.set(head);
  at += head.length;
  let first = true;
  for (const item of items) {
    const needed = codec.itemSizeBytes(item.bytes) + 1 + closing.length;
    if (at + needed > chunk.length) {
      if (at > 0) yield chunk.subarray(0, at);
      chunk = new Uint8Array(Math.max(chunkBytes, needed));
      at = 0;
    }
    if (!first) chunk[at++] = 0x2c;
    first = false;
    at = codec.writeItem(chunk, at, item.bytes, item.revision);
  }
  chunk.set(closing, at);
  yield chunk.subarray(0, at + closing.length);
}

function* tableChunks(call: ResourceCall, page: Page, metadata: ListMeta): Generator<Uint8Array> {
  const { kind, output, info, registry } = call;
  const options = { include: includeObjectOf(info.query), now: registry.clock.now(), version: output.convertVersion };
  const top = { kind: "Table", apiVersion: `meta.k8s.io/${output.convertVersion}`, metadata, columnDefinitions: columnsOf(kind) };
  let text = `${JSON.stringify(top).slice(0, -1)},"rows":[`;
  for (const [index, item] of page.items.entries()) {
    if (index > 0) text += ",";
    text += JSON.stringify(rowOf(kind, asServed(call, item.object), options));
    if ((index + 1) % rowsPerChunk !== 0) continue;
    yield encoder.encode(text);
    text = "";
  }
  yield encoder.encode(`${text}]}\n`);
}

/** The forms that are rarely asked for: made in one go. */
function wholeList(call: ResourceCall, page: Page, metadata: ListMeta): object {
  const { kind, output, info, registry } = call;
  const objects = page.items.map((item) => asServed(call, item.object));
  const version = output.convertVersion;
  if (output.convert === "Table") {
    const options = { include: includeObjectOf(info.query), now: registry.clock.now(), version };
    const rows = objects.map((object) => rowOf(kind, object, options));
    return { kind: "Table", apiVersion: `meta.k8s.io/${version}`, metadata, columnDefinitions: columnsOf(kind), rows };
  }
  if (output.convert !== undefined) {
    const items = objects.map((object) => partialOf(object, version));
    return { kind: "PartialObjectMetadataList", apiVersion: `meta.k8s.io/${version}`, metadata, items };
  }
  const items = objects.map((object) => ({ ...object, kind: undefined, apiVersion: undefined }));
  return { kind: kind.listKind, apiVersion: apiVersionOf(kind), metadata, items };
}
