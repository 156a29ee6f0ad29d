/**
 * The objects of one kind by key, with indexes, and the rule for which news is news. Changes come from two sides: the reflector, in the order
 * of the server, and `observe`, which puts in what this process itself has just written, so that caches read their own writes. Both carry
 * resourceVersions, which count up within a kind, so whichever comes second is recognised and dropped.
 */
import { assert } from "../base/assert.ts";
import type { KubeObject } from "../machinery/kind.ts";
import { controllerOf } from "../machinery/owners.ts";
import type { Key } from "./client.ts";
import { byNodeName, byOwnerUid, type IndexFunction } from "./informer.ts";

/** `object` is undefined for a deletion, `previous` for an addition. */
export interface CacheChange<T> {
  readonly object: T | undefined;
  readonly previous: T | undefined;
}

const readyMadeIndexes: Readonly<Record<string, IndexFunction<KubeObject>>> = {
  [byOwnerUid]: (object) => {
    const owner = controllerOf(object);
    return owner === undefined ? [] : [owner.uid];
  },
  [byNodeName]: (object) => {
    const nodeName = (object as { spec?: { nodeName?: string } }).spec?.nodeName;
    return nodeName === undefined || nodeName === "" ? [] : [nodeName];
  },
};

interface Index<T> {
  readonly valuesOf: IndexFunction<T>;
  readonly entries: Map<string, Map<string, T>>;
}

export class ObjectCache<T extends KubeObject> {
  private readonly objects = new Map<string, T>();
  private readonly byNamespace = new Map<string, Map<string, T>>();
  private readonly indexes = new Map<string, Index<T>>();
  /** Uids that this process deleted and whose DELETED event hasn't come yet. */
  private readonly deletedHere = new Set<string>();
  private readonly frozen: boolean;
  private seen = 0;

  /** `frozen`: objects can't be changed by those they are handed to. */
  constructor(frozen = false) {
    this.frozen = frozen;
  }

  /** The newest resourceVersion up to which the reflector has brought everything; 0 before the first list. */
  get seenRevision(): number {
    return this.seen;
  }

  get(key: Key): T | undefined {
    return this.objects.get(keyText(key));
  }

  list(namespace?: string): readonly T[] {
    const from = namespace === undefined || namespace === "" ? this.objects : this.byNamespace.get(namespace);
    return from === undefined ? [] : [...from.values()];
  }

  byIndex(name: string, value: string): readonly T[] {
    if (!this.indexes.has(name)) {
      const readyMade = readyMadeIndexes[name];
      assert(readyMade !== undefined, `index ${name} was never added`);
      this.addIndex(name, readyMade);
    }
    const entries = this.indexes.get(name)?.entries.get(value);
    return entries === undefined ? [] : [...entries.values()];
  }

  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.indexes.has(name)) return;
    const index: Index<T> = { valuesOf, entries: new Map() };
    this.indexes.set(name, index);
    for (const [key, object] of this.objects) fileUnder(index, key, object);
  }

  /** An ADDED or MODIFIED event. */
  applyPut(object: T): CacheChange<T>[] {
    this.advance(object.metadata.resourceVersion);
    return this.put(object);
  }

  /** A DELETED event, which carries the object's last state. */
  applyDelete(object: T): CacheChange<T>[] {
    this.advance(object.metadata.resourceVersion);
    this.deletedHere.delete(uidOf(object));
    const current = this.objects.get(keyOf(object));
    if (current === undefined || isOlder(object, current) || uidOf(current) !== uidOf(object)) return [];
    return [this.drop(current)];
  }

  advance(resourceVersion: string | undefined): void {
    const revision = revisionOf(resourceVersion);
    if (revision > this.seen) this.seen = revision;
  }

  /** A complete list as of a resourceVersion: what isn't in it was deleted while nobody looked. */
  replace(objects: readonly T[], resourceVersion: string): CacheChange<T>[] {
    const asOf = revisionOf(resourceVersion);
    const listed = new Set(objects.map(keyOf));
    const listedUids = new Set(objects.map(uidOf));
    const changes: CacheChange<T>[] = [];
    for (const [key, current] of this.objects) {
      const writtenLater = revisionOf(current.metadata.resourceVersion) > asOf;
      if (!listed.has(key) && !writtenLater) changes.push(this.drop(current));
    }
    for (const uid of this.deletedHere) if (!listedUids.has(uid)) this.deletedHere.delete(uid);
    for (const object of objects) changes.push(...this.put(object));
    this.advance(resourceVersion);
    return changes;
  }

  /** What the server answered to a write of our own. Too late (the reflector has passed it): nothing. */
  observe(object: T): CacheChange<T>[] {
    const revision = revisionOf(object.metadata.resourceVersion);
    return revision > this.seen ? this.put(object) : [];
  }

  /** The server confirmed that our delete removed this object for good. */
  observeDeletion(key: Key, uid: string): CacheChange<T>[] {
    const current = this.objects.get(keyText(key));
    if (current === undefined || uidOf(current) !== uid) return [];
    this.deletedHere.add(uid);
    return [this.drop(current)];
  }

  private put(object: T): CacheChange<T>[] {
    if (this.deletedHere.has(uidOf(object))) return [];
    const current = this.objects.get(keyOf(object));
    if (current === undefined) return [this.store(object, undefined)];
    if (current.metadata.resourceVersion === object.metadata.resourceVersion || isOlder(object, current)) return [];
    // The same name with another uid is another object: its predecessor was deleted unseen.
    if (uidOf(current) !== uidOf(object)) return [this.drop(current), this.store(object, undefined)];
    return [this.store(object, current)];
  }

  private store(object: T, previous: T | undefined): CacheChange<T> {
    if (this.frozen) deepFreeze(object);
    const key = keyOf(object);
    this.objects.set(key, object);
    const namespace = object.metadata.namespace ?? "";
    const neighbours = this.byNamespace.get(namespace) ?? new Map<string, T>();
    this.byNamespace.set(namespace, neighbours.set(key, object));
    for (const index of this.indexes.values()) {
      if (previous !== undefined) takeFrom(index, key, previous);
      fileUnder(index, key, object);
    }
    return { object, previous };
  }

  private drop(current: T): CacheChange<T> {
    const key = keyOf(current);
    this.objects.delete(key);
    const namespace = current.metadata.namespace ?? "";
    const neighbours = this.byNamespace.get(namespace);
    neighbours?.delete(key);
    if (neighbours?.size === 0) this.byNamespace.delete(namespace);
    for (const index of this.indexes.values()) takeFrom(index, key, current);
    return { object: undefined, previous: current };
  }
}

function keyText(key: Key): string {
  return `${key.namespace}/${key.name}`;
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

function uidOf(object: KubeObject): string {
  return object.metadata.uid ?? "";
}

/** 0 for what isn't a number: such versions can't be compared and never count as newer. */
function revisionOf(resourceVersion: string | undefined): number {
  const revision = Number(resourceVersion ?? "");
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** Whether `object` is known to be an older state than `than`. */
function isOlder(object: KubeObject, than: KubeObject): boolean {
  const revision = revisionOf(object.metadata.resourceVersion);
  return revision > 0 && revision < revisionOf(than.metadata.resourceVersion);
}

function fileUnder<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const entries = index.entries.get(value) ?? new Map<string, T>();
    index.entries.set(value, entries.set(key, object));
  }
}

function takeFrom<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const entries = index.entries.get(value);
    entries?.delete(key);
    if (entries?.size === 0) index.entries.delete(value);
  }
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
