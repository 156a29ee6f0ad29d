/**
 * managedFields of objects: kept on every write, and merged with on server-side apply. Pure functions over JSON objects in canonical form.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/{fieldmanager,managedfieldsupdater,stripmeta,skipnonapplied}.go
 */
import type { Struct } from "../../schema/structs.ts";
import type { ManagedFieldsEntry, ObjectMeta } from "../../schema/shapes/meta.v1.ts";
import { completed } from "../../schema/zero.ts";
import { equalJson, isObject, type JsonObject } from "../patch/jsonValue.ts";
import { badRequest } from "../status.ts";
import { conflictStatus } from "./conflictStatus.ts";
import { FieldSet } from "./fieldSet.ts";
import { allowedByLastApplied, withLastApplied } from "./lastApplied.ts";
import { capped, identityOf, type Managed, type Manager, readManaged, writeManaged } from "./managedEntries.ts";
import { structPlace } from "./mergeSchema.ts";
import { fieldElement } from "./pathElement.ts";
import { type Change, ownAfterApply, ownAfterUpdate, type Ownership } from "./updater.ts";
import { normalisedConfig } from "./configuration.ts";

export interface Writer {
  /** `fieldManager` of the request, or what stands for it (the first part of the user agent); may be empty. */
  readonly manager: string;
  /** Of the request's path, e.g. `apps/v1`. */
  readonly apiVersion: string;
  readonly struct: Struct;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** The time of the write, as the API writes it. */
  readonly now: string;
}

export interface ManagedObject {
  readonly metadata: Pick<ObjectMeta, "managedFields" | "uid"> & Partial<ObjectMeta>;
}

const path = (...names: string[]): string[] => names.map(fieldElement);

/**
 * managedFields to store: the former ones when `next` is `live` but for the times in them, so that a write that changes nothing stores
 * nothing. To be asked when `next` is decoded, defaulted and ready.
 */
export function managedToStore(live: ManagedObject, next: ManagedObject): ManagedFieldsEntry[] | undefined {
  const former = live.metadata.managedFields;
  const given = next.metadata.managedFields;
  const isSame = equalJson(timeless(former), timeless(given)) && equalJson(bare(live), bare(next));
  return isSame ? former : given;
}

function timeless(entries: readonly ManagedFieldsEntry[] | undefined): unknown {
  return (entries ?? []).map((entry) => JSON.stringify({ ...entry, time: undefined })).sort();
}

/** Never owned by anybody. */
const ownerless: FieldSet = FieldSet.ofPaths(
  path("apiVersion"),
  path("kind"),
  path("metadata"),
  ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"].map(
    (name) => path("metadata", name),
  ),
);

/** What a way of writing can't set: status through the object, everything else through status. */
function ignoredBy(subresource: string): FieldSet {
  if (subresource === "status") return FieldSet.ofPaths(path("spec"), path("metadata", "labels"));
  return subresource === "" ? FieldSet.ofPaths(path("status")) : FieldSet.empty;
}

/**
 * managedFields after a create, update or patch of `next` over `live` (undefined: a create). The entries that the request itself
 * carries count, so that clients can edit or clear them.
 */
export function managedAfterWrite(live: ManagedObject | undefined, next: ManagedObject, writer: Writer): ManagedFieldsEntry[] | undefined {
  const managed = managedForWrite(live, next, writer.subresource);
  const isTracked = managed.size > 0 || live === undefined || (live.metadata.uid ?? "") === "";
  if (!isTracked) return undefined;
  return writeManaged(capped(afterUpdate(before(live, writer.struct), bare(next), managed, writer)));
}

function afterUpdate(live: JsonObject, next: JsonObject, managed: Managed, writer: Writer): Managed {
  const place = structPlace(writer.struct);
  const self: Manager = { name: "current-operation", operation: "Update", apiVersion: writer.apiVersion, subresource: writer.subresource };
  const change: Change = { live, place, managed, manager: self, ignored: ignoredBy(writer.subresource) };
  const after = ownAfterUpdate(change, next);
  const selfId = identityOf(self);
  const set = after.get(selfId)?.set.difference(ownerless) ?? FieldSet.empty;
  const out = new Map(after);
  out.delete(selfId);
  if (set.isEmpty) return out;
  const manager: Manager = { ...self, name: writer.manager === "" ? "unknown" : writer.manager };
  const id = identityOf(manager);
  return out.set(id, { manager, set: set.union(out.get(id)?.set ?? FieldSet.empty), time: writer.now });
}

function managedForWrite(live: ManagedObject | undefined, next: ManagedObject, subresource: string): Managed {
  const former = readManaged(live?.metadata.managedFields) ?? new Map();
  if (subresource !== "") return former;
  const given = next.metadata.managedFields;
  if (given !== undefined && isReset(given)) return new Map();
  const read = readManaged(given);
  return read === undefined || read.size === 0 ? former : read;
}

/** A client clears managedFields by an empty list, or a list of one empty entry. */
function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  const [first, second] = entries;
  return first === undefined || (second === undefined && Object.keys(first).length === 0);
}

/** What a write starts from. An object that isn't there counts as one with what Go prints of an empty struct: nobody owns that. */
function before(live: ManagedObject | undefined, struct: Struct): JsonObject {
  return live === undefined ? completed({}, struct) : bare(live);
}

/** Without managedFields, which manage everything but themselves. */
function bare(object: ManagedObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

export interface ApplyRequest extends Writer {
  /** The applied configuration, parsed. */
  readonly config: unknown;
  readonly kind: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly force: boolean;
}

/**
 * `live` with the applied configuration merged in, and its managedFields; still to be decoded, defaulted and validated. Without `live` the
 * apply creates. Throws ApiError: 400 for a bad configuration, 409 with conflicts.
 */
export function applyConfiguration(live: ManagedObject | undefined, request: ApplyRequest): JsonObject {
  const place = structPlace(request.struct);
  const config = normalisedConfig(request);
  const start = before(live, request.struct);
  const change: Change = {
    live: start,
    place,
    managed: managedForApply(live, start, request),
    manager: { name: request.manager, operation: "Apply", apiVersion: request.apiVersion, subresource: request.subresource },
    ignored: ignoredBy(request.subresource),
  };
  const { value, managed } = applied(change, config, request);
  const changed = live === undefined || !equalJson(start, value);
  const object = isObject(value) ? value : {};
  const synced = request.manager === "kubectl" ? withLastApplied(object, request.config) : object;
  const entries = writeManaged(stamped(managed, change.manager, changed ? request.now : undefined));
  return withEntries(synced, entries);
}

/** The applier's entry without what nobody owns, and with the time of this write when it changed the object. */
function stamped(managed: Managed, manager: Manager, now: string | undefined): Managed {
  const id = identityOf(manager);
  const entry = managed.get(id);
  if (entry === undefined) return managed;
  const set = entry.set.difference(ownerless);
  const out = new Map(managed);
  if (set.isEmpty) out.delete(id);
  else out.set(id, { ...entry, set, time: now ?? entry.time });
  return out;
}

function withEntries(object: JsonObject, managedFields: ManagedFieldsEntry[] | undefined): JsonObject {
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  return { ...object, metadata: { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
}

/** An object that nobody manages yet belongs to `before-first-apply`. */
function managedForApply(live: ManagedObject | undefined, start: JsonObject, request: ApplyRequest): Managed {
  const managed = readManaged(live?.metadata.managedFields);
  if (managed === undefined) throw badRequest("failed to decode managed fields");
  if (managed.size > 0 || live === undefined) return managed;
  return afterUpdate(completed({}, request.struct), start, managed, { ...request, manager: "before-first-apply" });
}

/** Conflicts with what client-side apply itself had set are none for kubectl, which moves such objects over. Throws a 409 for others. */
function applied(change: Change, config: JsonObject, request: ApplyRequest): Ownership {
  const first = ownAfterApply(change, config, request.force);
  if (first.conflicts.length === 0) return first;
  const allowed = request.manager === "kubectl" ? allowedByLastApplied({ ...request, ...change }) : undefined;
  const left = first.conflicts.filter((conflict) => allowed?.has(conflict.path) !== true);
  if (left.length > 0) throw conflictStatus(left);
  return ownAfterApply(change, config, true);
}
