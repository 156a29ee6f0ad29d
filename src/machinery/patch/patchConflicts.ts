/**
 * Whether a three-way patch would overwrite what others changed since the last apply: `apply --overwrite=false`.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go (MergingMapsHaveConflicts)
 */
import type { Struct } from "../../schema/structs.ts";
import { isObject, type JsonKind, type JsonObject, kindOf } from "./jsonValue.ts";
import { directive, type Place, retainKeys, type Rule, ruleOf } from "./patchRules.ts";
import { changesSince } from "./strategicDiff.ts";
import { goMapText } from "./goMapText.ts";

/** What others changed from `original` to `current`, where the patch changes some of it otherwise; undefined: nothing is in its way. */
export function conflictingChanges(patch: JsonObject, original: JsonObject, current: JsonObject, struct: Struct): JsonObject | undefined {
  const changes = changesSince(original, current, struct);
  return mapsConflict(patch, changes, struct) ? changes : undefined;
}

type Where = Pick<Rule, "inside" | "strategy" | "mergeKey">;

function conflict(left: unknown, right: unknown, where: Where): boolean {
  if (isObject(left)) {
    if (!isObject(right) || left[directive] !== right[directive]) return true;
    return where.strategy !== "replace" && mapsConflict(left, right, where.inside);
  }
  if (Array.isArray(left)) return !Array.isArray(right) || listsConflict(left, right, where);
  return left !== right;
}

function mapsConflict(left: JsonObject, right: JsonObject, place: Place): boolean {
  return Object.entries(left).some(([key, value]) => {
    if (key === directive || key === retainKeys || !Object.hasOwn(right, key)) return false;
    const leaf = !isObject(value) && !Array.isArray(value);
    return conflict(value, right[key], leaf ? { inside: place, strategy: undefined, mergeKey: undefined } : ruleOf(place, key));
  });
}

function listsConflict(left: readonly unknown[], right: readonly unknown[], { inside, strategy, mergeKey }: Where): boolean {
  const kind = itemKind(left, right);
  const item = { inside, strategy: undefined, mergeKey: undefined };
  if (strategy === "merge") {
    // Lists of scalars that merge are sets: nothing is in the way.
    if (kind !== "object") return false;
    const others = byKey(right, mergeKey ?? "");
    return [...byKey(left, mergeKey ?? "")].some(([key, value]) => others.has(key) && conflict(value, others.get(key), item));
  }
  if (left.length !== right.length) return true;
  const inOrder = (items: readonly unknown[]): readonly unknown[] => (kind === "object" ? items : [...new Set(items)].sort());
  const others = inOrder(right);
  return inOrder(left).some((value, i) => conflict(value, others[i], item));
}

function itemKind(...lists: readonly (readonly unknown[])[]): JsonKind {
  const kinds = new Set(lists.flat().map(kindOf));
  const [first] = kinds;
  if (first === undefined) throw new Error("no elements in any of the given slices");
  if (first === "array") throw new Error("lists of lists are not supported");
  if (kinds.size > 1) throw new Error(`list element types are not identical: ${goMapText(lists)}`);
  return first;
}

function byKey(items: readonly unknown[], mergeKey: string): Map<string, JsonObject> {
  return new Map(
    items.filter(isObject).map((item) => {
      if (!Object.hasOwn(item, mergeKey)) {
        throw new Error(`cannot find merge key \`${mergeKey}\` in merging list element:${goMapText(item)}`);
      }
      return [String(item[mergeKey]), item];
    }),
  );
}
