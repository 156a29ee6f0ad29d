/**
 * Applies a strategic merge patch: maps merge, lists merge by key or replace as the facts say, and `$patch`, `$retainKeys`,
 * `$setElementOrder/x` and `$deleteFromPrimitiveList/x` direct it. Neighbour: strategicDiff.ts makes such patches.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go (mergeMap and below)
 */
import type { Struct } from "../../schema/structs.ts";
import { badRequest } from "../status.ts";
import { equalJson, isObject, type JsonObject, kindOf, setKey } from "./jsonValue.ts";
import { distinct, identity, itemsAreObjects, missingKey, ordered } from "./listOrder.ts";
import { deletePrefix, directive, orderPrefix, type Place, retainKeys, type Rule, ruleOf } from "./patchRules.ts";

export interface MergeOptions {
  /** True when the target is an object; false when it is another patch, whose directives stay. */
  readonly followDirectives: boolean;
  /** Whether nulls that delete nothing vanish. */
  readonly dropNulls: boolean;
}

/** The patched object; neither argument is changed. Throws ApiError (400) for a patch that makes no sense. */
export function applyStrategicMergePatch(original: JsonObject, patch: unknown, struct: Struct): JsonObject {
  if (!isObject(patch)) throw badRequest("invalid JSON document");
  return mergeMaps(original, patch, struct, { followDirectives: true, dropNulls: true });
}

export function mergeMaps(original: JsonObject, patch: JsonObject, place: Place, options: MergeOptions): JsonObject {
  if (Object.hasOwn(patch, directive)) return directed(patch);
  const out = { ...original };
  const rest = { ...patch };
  keepOnlyRetained(out, rest, options);
  for (const key of Object.keys(patch)) if (key.startsWith(orderPrefix)) mergeOrdered(out, rest, key, { place, options });
  for (const [key, value] of Object.entries(rest)) mergeField(out, key, value, { place, options });
  return out;
}

interface Context {
  readonly place: Place;
  readonly options: MergeOptions;
}

function directed(patch: JsonObject): JsonObject {
  const { [directive]: what, ...rest } = patch;
  if (what === "replace") return rest;
  if (what === "delete") return {};
  throw badRequest(`unknown patch type: ${JSON.stringify(what)} in map: ${JSON.stringify(patch)}`);
}

function mergeField(out: JsonObject, key: string, value: unknown, { place, options }: Context): void {
  const deletes = key.startsWith(deletePrefix);
  if (deletes && !options.followDirectives) return setKey(out, key, value);
  const name = deletes ? nameAfter(key, deletePrefix, "invalid patch format of primitive list") : key;
  if (value === null) {
    delete out[name];
    if (options.dropNulls) return;
  }
  const former = out[name];
  if (!Object.hasOwn(out, name) || kindOf(former) !== kindOf(value)) {
    if (!deletes) putNew(out, name, value, options);
    return;
  }
  setKey(out, name, deletes ? without(former, value) : merged(former, value, () => ruleOf(place, name), options));
}

function without(former: unknown, gone: unknown): unknown {
  return Array.isArray(former) && Array.isArray(gone) ? former.filter((item) => !gone.includes(item)) : former;
}

/** Two values of the same JSON kind. The rule is only looked up for objects and lists. */
function merged(former: unknown, value: unknown, findRule: () => Rule, options: MergeOptions): unknown {
  if (isObject(former) && isObject(value)) {
    const rule = findRule();
    return rule.strategy === "replace" ? value : mergeMaps(former, value, rule.inside, options);
  }
  if (Array.isArray(former) && Array.isArray(value)) {
    const rule = findRule();
    return rule.strategy === "merge" ? mergeLists(former, value, rule, options) : value;
  }
  return value;
}

function nameAfter(key: string, prefix: string, problem: string): string {
  if (!key.startsWith(`${prefix}/`)) throw badRequest(problem);
  return key.slice(prefix.length + 1);
}

function putNew(out: JsonObject, name: string, value: unknown, options: MergeOptions): void {
  const kept = withoutDirectives(options.dropNulls ? withoutNulls(value) : value);
  if (kept === undefined) delete out[name];
  else setKey(out, name, kept);
}

/** Undefined for an object that is itself a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  const out: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const kept = withoutDirectives(inner);
    if (kept !== undefined) setKey(out, key, kept);
  }
  return out;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== null) setKey(out, key, withoutNulls(inner));
  return out;
}

/** `$retainKeys`: drops from the target what the list doesn't name. */
function keepOnlyRetained(out: JsonObject, patch: JsonObject, options: MergeOptions): void {
  const names = patch[retainKeys];
  if (names === undefined) return;
  delete patch[retainKeys];
  if (!options.followDirectives) {
    out[retainKeys] ??= names;
    return;
  }
  const problem = badRequest("invalid patch format of retainKeys");
  if (!Array.isArray(names)) throw problem;
  for (const [key, value] of Object.entries(patch)) {
    const isOrder = key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
    if (value !== null && !isOrder && !names.includes(key)) throw problem;
  }
  for (const key of Object.keys(out)) if (!names.includes(key)) delete out[key];
}

/** `$setElementOrder/x`: merges list x at once and puts it in order. */
function mergeOrdered(out: JsonObject, patch: JsonObject, key: string, { place, options }: Context): void {
  const problem = "invalid patch format of setElementOrder list";
  const wanted = patch[key];
  if (!options.followDirectives) {
    if (Object.hasOwn(out, key) && !equalJson(out[key], wanted)) throw badRequest(problem);
    out[key] = wanted;
  }
  delete patch[key];
  const name = nameAfter(key, orderPrefix, problem);
  const [live, changed] = [out[name], patch[name]];
  if (!Array.isArray(wanted) || !isListOrNothing(live) || !isListOrNothing(changed)) throw badRequest(problem);
  const rule = ruleOf(place, name);
  refuseOtherOrder(changed ?? [], wanted, rule.mergeKey);
  if (live === undefined && changed === undefined) return;
  delete patch[name];
  const items = mergedList(live, changed, rule, options);
  const mergeKey = itemsAreObjects(live ?? [], changed ?? []) ? rule.mergeKey : undefined;
  out[name] = ordered(items, { wanted, live: live ?? [], mergeKey });
}

function mergedList(live: unknown[] | undefined, changed: unknown[] | undefined, rule: Rule, options: MergeOptions): unknown[] {
  if (changed === undefined) return live ?? [];
  if (live !== undefined) return rule.strategy === "merge" ? mergeLists(live, changed, rule, options) : changed;
  const added = withoutDirectives(changed);
  return Array.isArray(added) ? added : [];
}

function isListOrNothing(value: unknown): value is unknown[] | undefined {
  return value === undefined || Array.isArray(value);
}

/** The patch's own items must come in the order that it asks for. */
function refuseOtherOrder(changed: readonly unknown[], wanted: readonly unknown[], mergeKey: string | undefined): void {
  if (changed.length === 0 || wanted.length === 0) return;
  const plain = changed.filter((item) => !isObject(item) || !Object.hasOwn(item, directive));
  let next = 0;
  for (const item of wanted) {
    if (next < plain.length && identity(plain[next], mergeKey) === identity(item, mergeKey)) next += 1;
  }
  if (next === plain.length) return;
  throw badRequest(
    `The order in patch list:\n${JSON.stringify(changed)}\n doesn't match ${orderPrefix} list:\n${JSON.stringify(wanted)}\n`,
  );
}

function mergeLists(live: readonly unknown[], patch: readonly unknown[], rule: Rule, options: MergeOptions): unknown[] {
  if (live.length === 0 && patch.length === 0) return [...live];
  if (!itemsAreObjects(live, patch)) {
    return ordered(distinct([...live, ...patch]), { wanted: patch, live, mergeKey: undefined });
  }
  const { mergeKey } = rule;
  if (mergeKey === undefined) throw badRequest("cannot merge lists without merge key for struct");
  const plain = patch.filter(isObject).filter((item) => !Object.hasOwn(item, directive));
  const kept = afterDirectives(live, patch, mergeKey);
  if (kept === undefined) return plain;
  const items = [...kept];
  for (const item of plain) {
    const id = identity(item, mergeKey);
    const at = items.findIndex((other) => isObject(other) && Object.hasOwn(other, mergeKey) && other[mergeKey] === id);
    const former = items[at];
    if (isObject(former)) items[at] = mergeMaps(former, item, rule.inside, options);
    else items.push(item);
  }
  return ordered(items, { wanted: plain, live: kept, mergeKey });
}

/** The live list without what the patch's `$patch: delete` items name; undefined when `$patch: replace` clears all of it. */
function afterDirectives(live: readonly unknown[], patch: readonly unknown[], mergeKey: string): readonly unknown[] | undefined {
  let kept = live;
  let replace = false;
  for (const item of patch) {
    const what = isObject(item) ? item[directive] : undefined;
    if (!isObject(item) || what === undefined) continue;
    if (what === "replace") replace = true;
    else if (what === "delete") {
      if (!Object.hasOwn(item, mergeKey)) throw missingKey(item, mergeKey);
      kept = kept.filter((other) => !isObject(other) || other[mergeKey] !== item[mergeKey]);
    } else if (what === "merge") throw badRequest("merging lists cannot yet be specified in the patch");
    else throw badRequest(`unknown patch type: ${JSON.stringify(what)} in map: ${JSON.stringify(item)}`);
  }
  return replace ? undefined : kept;
}
