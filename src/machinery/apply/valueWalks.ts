/**
 * Walks over values with their merge schema: the paths of a value, what differs between two, and a value without some of its paths.
 * `undefined` is what isn't there; null is there. Values are those that passed conform().
 * Upstream: sigs.k8s.io/structured-merge-diff/typed/{tofieldset,compare,remove}.go, fieldpath/set.go (EnsureNamedFieldsAreMembers)
 */
import { equalJson, isObject, type JsonObject, ownKey, setKey } from "../patch/jsonValue.ts";
import { FieldSet, FieldSetBuilder, Trail } from "./fieldSet.ts";
import { fieldElement, type PathElement } from "./pathElement.ts";
import { type Place, placeBelow } from "./mergeSchema.ts";

type Granular = Place & { readonly is: "list"; readonly atomic: false };

/** The paths that whoever applies `value` owns. */
export function fieldSetOf(value: unknown, place: Place): FieldSet {
  const set = new FieldSetBuilder();
  collect(value, place, set, Trail.root);
  return set.done();
}

function collect(value: unknown, place: Place | undefined, set: FieldSetBuilder, trail: Trail): void {
  if (place === undefined || place.is === "scalar" || place.atomic) return trail.addTo(set);
  if (place.is === "list") return collectItems(value, place, set, trail);
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const here = trail.step(fieldElement(key));
    collect(inner, place.field(key), set, here);
    const isEmpty = inner === null || (isObject(inner) && Object.keys(inner).length === 0);
    if (isEmpty || !place.named) here.addTo(set);
  }
}

function collectItems(value: unknown, place: Granular, set: FieldSetBuilder, trail: Trail): void {
  for (const [element, items] of itemsByElement(value, place)) {
    const [item] = items;
    const here = trail.step(element);
    if (items.length === 1) collect(item, place.item, set, here);
    here.addTo(set);
  }
}

/** Items that share keys are together; they are handled as one value. */
function itemsByElement(value: unknown, place: Granular): Map<PathElement, unknown[]> {
  const found = new Map<PathElement, unknown[]>();
  for (const item of Array.isArray(value) ? value : []) {
    const element = place.element(item);
    if (element === undefined) continue;
    const known = found.get(element);
    if (known === undefined) found.set(element, [item]);
    else known.push(item);
  }
  return found;
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compareValues(left: unknown, right: unknown, place: Place): Comparison {
  const walk = new ComparingWalk();
  walk.compare(left, right, place, Trail.root);
  return { added: walk.added.done(), modified: walk.modified.done(), removed: walk.removed.done() };
}

class ComparingWalk {
  readonly added = new FieldSetBuilder();
  readonly modified = new FieldSetBuilder();
  readonly removed = new FieldSetBuilder();

  compare(left: unknown, right: unknown, place: Place | undefined, trail: Trail): void {
    if (place === undefined || place.is === "scalar" || place.atomic || (isHollow(left) && isHollow(right))) {
      return this.leaf(left, right, trail);
    }
    if (place.is === "list") this.items(left, right, place, trail);
    else this.members(left, right, place, trail);
    if (left === undefined) trail.addTo(this.added);
    else if (right === undefined) trail.addTo(this.removed);
  }

  private leaf(left: unknown, right: unknown, trail: Trail): void {
    if (left === undefined) trail.addTo(this.added);
    else if (right === undefined) trail.addTo(this.removed);
    else if (!equalJson(left, right)) trail.addTo(this.modified);
  }

  private members(left: unknown, right: unknown, place: Place & { is: "map" }, trail: Trail): void {
    const [a, b] = [isObject(left) ? left : {}, isObject(right) ? right : {}];
    for (const [key, before] of Object.entries(a)) this.compare(before, ownKey(b, key), place.field(key), trail.step(fieldElement(key)));
    for (const [key, after] of Object.entries(b)) {
      if (!Object.hasOwn(a, key)) this.compare(undefined, after, place.field(key), trail.step(fieldElement(key)));
    }
  }

  private items(left: unknown, right: unknown, place: Granular, trail: Trail): void {
    const [a, b] = [itemsByElement(left, place), itemsByElement(right, place)];
    for (const element of new Set([...a.keys(), ...b.keys()])) {
      const [before, after] = [a.get(element) ?? [], b.get(element) ?? []];
      const here = trail.step(element);
      const [wasMany, isMany] = [before.length > 1, after.length > 1];
      if (!wasMany && !isMany) this.compare(before[0], after[0], place.item, here);
      else if (wasMany && isMany) {
        if (!equalJson(before, after)) here.addTo(this.modified);
      } else if (wasMany) {
        if (after.length > 0) this.compare(undefined, after[0], place.item, here);
        here.addTo(this.removed);
      } else {
        if (before.length > 0) this.compare(before[0], undefined, place.item, here);
        here.addTo(this.added);
      }
    }
  }
}

/** Nothing inside that could be walked: both sides being so, the place counts as a leaf, which keeps empty apart from absent. */
function isHollow(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return !isObject(value) || Object.keys(value).length === 0;
}

/**
 * `value` without the paths of the set; undefined when nothing is left of it. A key whose value went away bit by bit stays with null,
 * since its own path wasn't to go.
 */
export function withoutPaths(value: unknown, set: FieldSet, place: Place): unknown {
  if (place.is === "scalar" || place.atomic) return value;
  if (place.is === "list") {
    const items = (Array.isArray(value) ? value : []).flatMap((item) => keptItem(item, set, place));
    return items.length === 0 ? undefined : items;
  }
  const out: JsonObject = {};
  for (const [key, inner] of Object.entries(isObject(value) ? value : {})) {
    const element = fieldElement(key);
    if (set.members.has(element)) continue;
    setKey(out, key, below(inner, set.below(element), place.field(key)) ?? null);
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

function keptItem(item: unknown, set: FieldSet, place: Granular): unknown[] {
  const element = place.element(item);
  if (element === undefined) return [item];
  if (set.members.has(element)) return [];
  const kept = below(item, set.below(element), place.item);
  return kept === undefined ? [] : [kept];
}

function below(value: unknown, set: FieldSet, place: Place | undefined): unknown {
  return set.isEmpty || place === undefined ? value : withoutPaths(value, set, place);
}

/** The set with every struct field that leads to one of its paths: a manager of `a.b.c` counts as owner of `a`, but not of a map's key. */
export function withNamedFields(set: FieldSet, place: Place | undefined): FieldSet {
  const members = new Set(set.members);
  const children = new Map<PathElement, FieldSet>();
  for (const [element, child] of set.children) {
    const inner = placeBelow(place, element);
    if (place?.is === "map" && place.named && inner !== undefined) members.add(element);
    children.set(element, withNamedFields(child, inner));
  }
  return FieldSet.of(members, children);
}
