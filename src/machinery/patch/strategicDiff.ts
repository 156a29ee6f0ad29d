/**
 * Makes strategic merge patches: from one version to another, and the three-way patch that `kubectl apply` sends.
 * Whether what others changed is in its way: patchConflicts.ts.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go (diffMaps and below)
 */
import type { Struct } from "../../schema/structs.ts";
import { equalJson, isObject, type JsonObject, kindOf, setKey } from "./jsonValue.ts";
import { identity, itemsAreObjects, missingKey } from "./listOrder.ts";
import { deletePrefix, directive, orderPrefix, type Place, retainKeys, type Rule, ruleOf } from "./patchRules.ts";
import { mergeMaps } from "./strategic.ts";

/** A patch that makes `modified` out of `original`. Throws ApiError for what has no merge rule. */
export function createTwoWayMergePatch(original: JsonObject, modified: JsonObject, struct: Struct): JsonObject {
  return diffMaps(original, modified, struct, { changes: true, deletions: true, order: true, retain: false });
}

/**
 * Changes from `current` to `modified`, and deletions from `original` (what was applied last) to `modified`: what others set on the live
 * object stays.
 */
export function createThreeWayMergePatch(original: JsonObject, modified: JsonObject, current: JsonObject, struct: Struct): JsonObject {
  const delta = diffMaps(current, modified, struct, { changes: true, deletions: false, order: true, retain: false });
  const deletions = diffMaps(original, modified, struct, { changes: false, deletions: true, order: true, retain: false });
  return mergeMaps(deletions, delta, struct, { followDirectives: false, dropNulls: false });
}

/** All that others changed since: no patch to send, as it says nothing of the order of lists. */
export function changesSince(original: JsonObject, current: JsonObject, struct: Struct): JsonObject {
  return diffMaps(original, current, struct, { changes: true, deletions: true, order: false, retain: false });
}

interface DiffOptions {
  readonly changes: boolean;
  readonly deletions: boolean;
  /** Whether the patch says in which order lists are to be. */
  readonly order: boolean;
  /** Whether the map being compared has the strategy retainKeys. */
  readonly retain: boolean;
}

function diffMaps(original: JsonObject, modified: JsonObject, place: Place, options: DiffOptions): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(modified)) {
    const former = original[key];
    if (!Object.hasOwn(original, key) || kindOf(former) !== kindOf(value)) {
      if (options.changes) setKey(patch, key, value);
    } else if (isObject(former) && isObject(value)) diffInner(patch, key, [former, value], { place, options });
    else if (Array.isArray(former) && Array.isArray(value)) diffInnerList(patch, key, [former, value], { place, options });
    else if (options.changes && former !== value) setKey(patch, key, value);
  }
  if (options.deletions) {
    for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) setKey(patch, key, null);
  }
  if (options.retain) addRetainKeys(patch, original, modified);
  return patch;
}

function addRetainKeys(patch: JsonObject, original: JsonObject, modified: JsonObject): void {
  const names = Object.keys(modified)
    .filter((key) => modified[key] !== null)
    .sort();
  const dropsSome = Object.entries(original).some(([key, value]) => value !== null && !Object.hasOwn(modified, key));
  if (names.length > 0 && (Object.keys(patch).length > 0 || dropsSome)) patch[retainKeys] = names;
}

interface Context {
  readonly place: Place;
  readonly options: DiffOptions;
}

function diffInner(patch: JsonObject, key: string, [former, value]: [JsonObject, JsonObject], { place, options }: Context): void {
  if (equalJson(former, value) && !hasRule(place, key)) return;
  const rule = ruleOf(place, key);
  if (rule.strategy === "replace") {
    if (options.changes) setKey(patch, key, value);
    return;
  }
  const inner = diffMaps(former, value, rule.inside, { ...options, retain: rule.retainKeys });
  if (Object.keys(inner).length > 0) setKey(patch, key, inner);
}

const hasRule = (place: Place, key: string): boolean =>
  "is" in place ? place.is === "struct" && place.struct.fields.has(key) : place.fields.has(key);

function diffInnerList(patch: JsonObject, key: string, [former, value]: [unknown[], unknown[]], { place, options }: Context): void {
  if (equalJson(former, value) && !hasRule(place, key)) return;
  const rule = ruleOf(place, key);
  if (rule.strategy !== "merge") {
    if (options.changes && !equalJson(former, value)) setKey(patch, key, value);
    return;
  }
  const { added, deleted, order } = diffLists(former, value, rule, { ...options, retain: rule.retainKeys });
  if (added.length > 0) setKey(patch, key, added);
  if (deleted.length > 0) patch[`${deletePrefix}/${key}`] = deleted;
  if (options.order && order.length > 0) patch[`${orderPrefix}/${key}`] = order;
}

interface ListDiff {
  readonly added: readonly unknown[];
  readonly deleted: readonly unknown[];
  readonly order: readonly unknown[];
}
const noDiff: ListDiff = { added: [], deleted: [], order: [] };

function diffLists(original: readonly unknown[], modified: readonly unknown[], rule: Rule, options: DiffOptions): ListDiff {
  if (original.length === 0) return modified.length === 0 || !options.changes ? noDiff : { ...noDiff, added: modified };
  return itemsAreObjects(original, modified)
    ? diffKeyed(original.filter(isObject), modified.filter(isObject), rule, options)
    : diffScalars(original, modified, options);
}

function diffScalars(original: readonly unknown[], modified: readonly unknown[], options: DiffOptions): ListDiff {
  const added = options.changes ? modified.filter((item) => !original.includes(item)) : [];
  const deleted = options.deletions ? sortedTexts(original.filter((item) => !modified.includes(item))) : [];
  const orders = (options.deletions && deleted.length > 0) || (options.changes && !equalJson(original, modified));
  return { added, deleted: [...new Set(deleted)], order: orders ? modified : [] };
}

const compareTexts = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0);
const sortedTexts = (items: readonly unknown[]): unknown[] => items.toSorted(compareTexts);

function diffKeyed(original: readonly JsonObject[], modified: readonly JsonObject[], rule: Rule, options: DiffOptions): ListDiff {
  const { mergeKey = "" } = rule;
  const keyOf = (item: JsonObject): unknown => {
    if (!Object.hasOwn(item, mergeKey)) throw missingKey(item, mergeKey);
    return identity(item, mergeKey);
  };
  const former = new Map(original.map((item) => [keyOf(item), item]));
  const kept = new Set(modified.map(keyOf));
  const changed = modified.flatMap((item) => changedItem(former.get(keyOf(item)), item, rule, options));
  const gone = options.deletions ? original.map(keyOf).filter((id) => !kept.has(id)) : [];
  const deletes = gone.toSorted(compareTexts).map((id) => ({ [mergeKey]: id, [directive]: "delete" }));
  const added = [...changed, ...deletes];
  const sameOrder = original.length === modified.length && original.every((item, i) => keyOf(item) === keyOf(modified[i] ?? {}));
  const orders = (options.changes && (added.length > 0 || !sameOrder)) || (options.deletions && added.length > 0);
  return { added, deleted: [], order: orders ? modified.map((item) => ({ [mergeKey]: keyOf(item) })) : [] };
}

/** Nothing, or the one item of the patch for this one. */
function changedItem(former: JsonObject | undefined, item: JsonObject, rule: Rule, options: DiffOptions): JsonObject[] {
  if (former === undefined) return options.changes ? [item] : [];
  const inner = diffMaps(former, item, rule.inside, options);
  const { mergeKey = "" } = rule;
  return Object.keys(inner).length === 0 ? [] : [{ ...inner, [mergeKey]: item[mergeKey] }];
}
