/**
 * Who owns what after a change: the ownership rules of server-side apply, over values and sets of paths alone.
 * Left out: converting between versions of a kind, and managers who wrote under an older schema; all versions here share their paths.
 * Upstream: sigs.k8s.io/structured-merge-diff/merge/update.go
 */
import { FieldSet } from "./fieldSet.ts";
import { identityOf, type Managed, type ManagedEntry, type Manager } from "./managedEntries.ts";
import type { Place } from "./mergeSchema.ts";
import { mergeValues } from "./mergeValues.ts";
import type { PathElement } from "./pathElement.ts";
import { compareValues, fieldSetOf, withNamedFields, withoutPaths } from "./valueWalks.ts";

/** A field that the change would take from its owner. */
export interface Conflict {
  readonly manager: Manager;
  readonly path: readonly PathElement[];
}

export interface Ownership {
  readonly value: unknown;
  readonly managed: Managed;
  readonly conflicts: readonly Conflict[];
}

export interface Change {
  readonly live: unknown;
  readonly managed: Managed;
  readonly manager: Manager;
  readonly place: Place;
  /** Paths that this way of writing can't set, e.g. status through the main resource. */
  readonly ignored: FieldSet;
}

/** After a create, an update or a patch: the changed fields are the manager's, nobody conflicts. */
export function ownAfterUpdate(change: Change, next: unknown): Managed {
  const { manager, managed, ignored } = change;
  const id = identityOf(manager);
  const { added, modified, removed } = filteredComparison(change, next);
  const taken = added.union(modified);
  const others = withoutTaken(managed, taken, removed, undefined);
  const own = (others.get(id)?.set ?? FieldSet.empty).difference(removed).union(taken).recursiveDifference(ignored);
  return own.isEmpty ? without(others, id) : new Map(others).set(id, { manager, set: own, time: others.get(id)?.time });
}

/** After an apply. With conflicts and no `force`, value and managed are as before. */
export function ownAfterApply(change: Change, config: unknown, force: boolean): Ownership {
  const { live, place, managed, manager, ignored } = change;
  const id = identityOf(manager);
  const last = managed.get(id);
  const set = fieldSetOf(config, place).recursiveDifference(ignored);
  const entry: ManagedEntry = { manager, set, time: last?.time };
  const claimed = new Map(managed).set(id, entry);
  const merged = mergeValues(live, config, place);
  const value = last === undefined ? merged : pruned(merged, claimed, last.set, place);
  const { added, modified, removed } = filteredComparison(change, value);
  const taken = added.union(modified);
  const conflicts = force ? [] : conflictsIn(claimed, taken, id);
  if (conflicts.length > 0) return { value: live, managed, conflicts };
  return { value, managed: withoutEmpty(withoutTaken(claimed, taken, removed, id)), conflicts };
}

function filteredComparison({ live, place, ignored }: Change, next: unknown): ReturnType<typeof compareValues> {
  const { added, modified, removed } = compareValues(live, next, place);
  return {
    added: added.recursiveDifference(ignored),
    modified: modified.recursiveDifference(ignored),
    removed: removed.recursiveDifference(ignored),
  };
}

function conflictsIn(managed: Managed, taken: FieldSet, self: string): Conflict[] {
  const others = [...managed].filter(([id]) => id !== self).sort(([a], [b]) => (a < b ? -1 : 1));
  return others.flatMap(([, { manager, set }]) =>
    set
      .intersection(taken)
      .paths()
      .map((path) => ({ manager, path })),
  );
}

/** Everybody but `self` loses what was taken and what was removed. */
function withoutTaken(managed: Managed, taken: FieldSet, removed: FieldSet, self: string | undefined): Managed {
  const out = new Map<string, ManagedEntry>();
  for (const [id, entry] of managed) {
    out.set(id, id === self ? entry : { ...entry, set: entry.set.difference(taken).difference(removed) });
  }
  return withoutEmpty(out);
}

function withoutEmpty(managed: Managed): Managed {
  return new Map([...managed].filter(([, entry]) => !entry.set.isEmpty));
}
function without(managed: Managed, id: string): Managed {
  return new Map([...managed].filter(([other]) => other !== id));
}

/** Removes what the applier applied last time, doesn't now, and nobody else owns. */
function pruned(merged: unknown, managed: Managed, last: FieldSet, place: Place): unknown {
  if (last.isEmpty) return merged;
  const all = withNamedFields(fieldSetOf(merged, place), place);
  const named = withNamedFields(last, place);
  const bare = withoutPaths(merged, named, place);
  const owned = [...managed.values()].reduce((sum, entry) => sum.union(entry.set), FieldSet.empty);
  const claims = namedFieldSet(bare, place).union(withNamedFields(owned, place));
  const claimed = withoutPaths(merged, all.difference(claims), place);
  const dangling = all.difference(namedFieldSet(claimed, place)).intersection(named);
  return withoutPaths(merged, dangling, place);
}

function namedFieldSet(value: unknown, place: Place): FieldSet {
  return withNamedFields(fieldSetOf(value, place), place);
}
