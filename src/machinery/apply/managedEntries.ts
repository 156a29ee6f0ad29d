/**
 * managedFields between its written form and sets of paths, one per manager, operation, version and sub-resource.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers}.go
 */
import type { ManagedFieldsEntry } from "../../schema/shapes/meta.v1.ts";
import { timeMs } from "../time.ts";
import { FieldSet } from "./fieldSet.ts";

export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface ManagedEntry {
  readonly manager: Manager;
  readonly set: FieldSet;
  readonly time: string | undefined;
}

/** By identity of the manager. */
export type Managed = ReadonlyMap<string, ManagedEntry>;

/** Who a manager is: for appliers the version doesn't matter, so that it stays the same when they move on. */
export function identityOf(manager: Manager): string {
  const version = manager.operation === "Apply" ? "" : manager.apiVersion;
  return JSON.stringify([manager.name, manager.operation, version, manager.subresource]);
}

/** Undefined when an entry can't be read. */
export function readManaged(entries: readonly ManagedFieldsEntry[] | undefined): Managed | undefined {
  const managed = new Map<string, ManagedEntry>();
  for (const entry of entries ?? []) {
    const set = FieldSet.fromJson(entry.fieldsV1 ?? {});
    const { operation, apiVersion } = entry;
    if (set === undefined || apiVersion === undefined || entry.fieldsType !== "FieldsV1") return undefined;
    if (operation !== "Apply" && operation !== "Update") return undefined;
    const manager: Manager = { name: entry.manager ?? "", operation, apiVersion, subresource: entry.subresource ?? "" };
    managed.set(identityOf(manager), { manager, set, time: entry.time });
  }
  return managed;
}

/** Sorted as upstream sorts them; undefined when nobody manages anything. */
export function writeManaged(managed: Managed): ManagedFieldsEntry[] | undefined {
  if (managed.size === 0) return undefined;
  return [...managed.values()].sort(compareEntries).map(({ manager, set, time }) => ({
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: set.toJson(),
    ...(manager.subresource === "" ? {} : { subresource: manager.subresource }),
  }));
}

function compareEntries(a: ManagedEntry, b: ManagedEntry): number {
  return (
    compareTexts(a.manager.operation, b.manager.operation) ||
    (timeMs(a.time) ?? 0) - (timeMs(b.time) ?? 0) ||
    compareTexts(a.manager.name, b.manager.name) ||
    compareTexts(a.manager.apiVersion, b.manager.apiVersion) ||
    compareTexts(a.manager.subresource, b.manager.subresource)
  );
}
const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Upstream keeps no more entries of updates than this. */
const maxUpdaters = 10;

/** The oldest updaters beyond the limit become one entry per version. */
export function capped(managed: Managed): Managed {
  const updaters = [...managed].filter(([, entry]) => entry.manager.operation === "Update");
  const oldest = updaters.sort(
    ([, a], [, b]) => (timeMs(a.time) ?? 0) - (timeMs(b.time) ?? 0) || compareTexts(a.manager.name, b.manager.name),
  );
  const out = new Map(managed);
  const firstOf = new Map<string, string>();
  let count = updaters.length;
  for (const [id, entry] of oldest) {
    if (count <= maxUpdaters) break;
    const { apiVersion } = entry.manager;
    const first = firstOf.get(apiVersion);
    if (first === undefined) {
      firstOf.set(apiVersion, id);
      continue;
    }
    const bucket: Manager = { name: "ancient-changes", operation: "Update", apiVersion, subresource: "" };
    const bucketId = identityOf(bucket);
    const former = out.get(bucketId) ?? out.get(first);
    out.delete(first);
    out.delete(id);
    out.set(bucketId, { manager: bucket, set: entry.set.union(former?.set ?? FieldSet.empty), time: entry.time });
    count -= 1;
  }
  return out;
}
