/**
 * JSON merge patch (RFC 7386): applying one, and making one out of two or three versions.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/jsonmergepatch/patch.go
 */
import { equalJson, isObject, type JsonObject, ownKey, setKey } from "./jsonValue.ts";

/** The result of the patch; neither argument is changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const out: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else setKey(out, key, applyMergePatch(ownKey(out, key), value));
  }
  return out;
}

/** A patch that makes `modified` out of `original`. */
export function createMergePatch(original: JsonObject, modified: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(modified)) {
    const former = ownKey(original, key);
    if (isObject(former) && isObject(value)) {
      const inner = createMergePatch(former, value);
      if (Object.keys(inner).length > 0) setKey(patch, key, inner);
    } else if (!Object.hasOwn(original, key) || !equalJson(former, value)) setKey(patch, key, value);
  }
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) setKey(patch, key, null);
  return patch;
}

/** What `apply` sends for kinds without merge rules: changes from `current`, deletions from `original`, both to `modified`. */
export function createThreeWayJsonMergePatch(original: JsonObject, modified: JsonObject, current: JsonObject): JsonObject {
  const additions = withoutNulls(createMergePatch(current, modified));
  const deletions = onlyNulls(createMergePatch(original, modified));
  return mergedPatches(additions, deletions);
}

function withoutNulls(patch: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) continue;
    const inner = isObject(value) ? withoutNulls(value) : value;
    if (!isObject(inner) || Object.keys(inner).length > 0 || Object.keys(isObject(value) ? value : {}).length === 0)
      setKey(out, key, inner);
  }
  return out;
}

function onlyNulls(patch: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) setKey(out, key, null);
    const inner = isObject(value) ? onlyNulls(value) : {};
    if (Object.keys(inner).length > 0) setKey(out, key, inner);
  }
  return out;
}

function mergedPatches(a: JsonObject, b: JsonObject): JsonObject {
  const out: JsonObject = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const former = ownKey(out, key);
    setKey(out, key, isObject(former) && isObject(value) ? mergedPatches(former, value) : value);
  }
  return out;
}
