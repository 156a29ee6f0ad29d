/**
 * JSON patch (RFC 6902). The server answers a patch that can't be read with 400 and one that doesn't fit the object with 422.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyJSPatch), gopkg.in/evanphx/json-patch.v4
 */
import { badRequest, requestTooLarge, unprocessable } from "../status.ts";
import { equalJson, isObject, setKey } from "./jsonValue.ts";

/** Upstream's limit on operations in one patch. */
const maxOperations = 10_000;

/** The patched document; `document` itself is not changed. Throws ApiError. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  if (patch.length > maxOperations) {
    throw requestTooLarge(`The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`);
  }
  const root = { document: structuredClone(document) };
  for (const operation of patch) apply(root, operation);
  return root.document;
}

interface Root {
  document: unknown;
}

function apply(root: Root, operation: unknown): void {
  if (!isObject(operation)) throw unprocessable();
  const path = pointerOf(operation["path"]);
  switch (operation["op"]) {
    case "add":
      return add(root, path, given(operation));
    case "remove":
      remove(root, path);
      return;
    case "replace":
      read(root, path);
      if (path.length > 0) remove(root, path);
      return add(root, path, given(operation));
    case "move": {
      const from = pointerOf(operation["from"]);
      if (path.length > from.length && from.every((part, i) => part === path[i])) throw unprocessable();
      return add(root, path, remove(root, from));
    }
    case "copy":
      return add(root, path, structuredClone(read(root, pointerOf(operation["from"]))));
    case "test":
      if (!equalJson(find(root, path) ?? null, operation["value"] ?? null)) throw unprocessable();
      return;
    default:
      throw unprocessable();
  }
}

function given(operation: Record<string, unknown>): unknown {
  if (!Object.hasOwn(operation, "value")) throw unprocessable();
  return structuredClone(operation["value"]);
}

function pointerOf(path: unknown): string[] {
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) throw unprocessable();
  return path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at the path, or undefined. */
function find(root: Root, path: readonly string[]): unknown {
  let value = root.document;
  for (const part of path) {
    if (Array.isArray(value)) value = value[indexIn(part, value.length - 1)];
    else if (isObject(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

function read(root: Root, path: readonly string[]): unknown {
  const value = find(root, path);
  if (value === undefined) throw unprocessable();
  return value;
}

function add(root: Root, path: readonly string[], value: unknown): void {
  const last = path.at(-1);
  if (last === undefined) {
    root.document = value;
    return;
  }
  const parent = find(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(last === "-" ? parent.length : indexIn(last, parent.length), 0, value);
  else if (isObject(parent)) setKey(parent, last, value);
  else throw unprocessable();
}

function remove(root: Root, path: readonly string[]): unknown {
  const value = read(root, path);
  const last = path.at(-1);
  const parent = find(root, path.slice(0, -1));
  if (last === undefined) throw unprocessable();
  if (Array.isArray(parent)) parent.splice(indexIn(last, parent.length - 1), 1);
  else if (isObject(parent)) delete parent[last];
  return value;
}

/** `0` up to `last`; `-1` counts from the end, as upstream's library has it. */
function indexIn(part: string, last: number): number {
  if (!/^-?(0|[1-9]\d*)$/.test(part)) throw unprocessable();
  const index = Number(part) < 0 ? last + 1 + Number(part) : Number(part);
  if (index < 0 || index > last) throw unprocessable();
  return index;
}
