/**
 * A PATCH request's body applied to an object: parsed, patched, decoded again by the facts, with upstream's answer to each mistake.
 * Server-side apply is elsewhere (machinery/apply).
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
 */
import { DecodeError, refuseDepth } from "../../base/wire/decodeError.ts";
import { goJson } from "../../schema/scalars/goText.ts";
import { decodeValue, type FieldValidation, parseJson, strictErrorText } from "../../schema/strictDecode.ts";
import { duplicateKeys } from "../../schema/strictProblems.ts";
import { type Struct, structOf } from "../../schema/structs.ts";
import { type DecodedBody, type ExpectedKind, stamped } from "../decode.ts";
import { invalid } from "../fieldErrors.ts";
import type { KubeObject } from "../kind.ts";
import { badRequest, invalidObject, unsupportedMediaType } from "../status.ts";
import { goMapText } from "./goMapText.ts";
import { applyJsonPatch } from "./json.ts";
import { isObject, type JsonObject } from "./jsonValue.ts";
import { applyMergePatch } from "./merge.ts";
import { applyStrategicMergePatch } from "./strategic.ts";

export interface PatchRequest<T> {
  readonly current: T;
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly validation: FieldValidation;
}

type PatchMedia = "application/json-patch+json" | "application/merge-patch+json" | "application/strategic-merge-patch+json";
const media: readonly PatchMedia[] = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];
const utf8 = new TextDecoder();

/** The patched object in canonical form, not yet defaulted or validated. Throws ApiError. */
export function patchObject<T extends object = KubeObject>(kind: ExpectedKind<T>, request: PatchRequest<T>): DecodedBody<T> {
  const asked = request.contentType?.split(";")[0]?.trim();
  const type = media.find((name) => name === asked);
  if (type === undefined) throw unsupportedMediaType([...media, "application/apply-patch+yaml"]);
  const struct = structOf(kind.struct);
  const source = utf8.decode(request.body);
  const { patched, patch } = patchedValue(type, Object.fromEntries(Object.entries(request.current)), source, struct);
  const shown = (): string => shownPatch(type, patched, patch);
  const { object, problems } = refusing(shown, type, () => decodeValue(patched, struct, request.validation));
  const given = request.validation === "Ignore" ? [] : duplicateKeys(source);
  const warnings = [...given, ...problems];
  if (warnings.length > 0 && request.validation === "Strict") {
    throw invalidObject(nobody, "", [invalid("patch", shown(), strictErrorText(warnings))]);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- decoding by the facts of the kind's struct is what makes it a T.
  return { object: stamped(object, kind) as T, warnings };
}

const nobody = { group: "", kind: "" };

interface Patched {
  readonly patched: unknown;
  readonly patch: unknown;
}

function patchedValue(type: PatchMedia, current: JsonObject, source: string, struct: Struct): Patched {
  const strategic = type === "application/strategic-merge-patch+json";
  const patch = parsedPatch(source, strategic ? "" : "error decoding patch: ");
  if (type === "application/json-patch+json") return { patched: applyJsonPatch(current, patch), patch };
  if (!isObject(patch)) {
    const go = `json: cannot unmarshal ${Array.isArray(patch) ? "array" : typeof patch} into Go value of type map[string]interface {}`;
    throw badRequest(strategic ? go : `error decoding patch: ${go}`);
  }
  return { patched: strategic ? applyStrategicMergePatch(current, patch, struct) : applyMergePatch(current, patch), patch };
}

function parsedPatch(source: string, prefix: string): unknown {
  try {
    const patch = parseJson(source);
    refuseDepth(patch);
    return patch;
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`${prefix}${error.message}`);
    throw error;
  }
}

function refusing<T>(shown: () => string, type: PatchMedia, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const strategic = type === "application/strategic-merge-patch+json";
    throw invalidObject(nobody, "", [invalid("patch", shown(), strategic ? conversionText(error.message) : error.message)]);
  }
}

/** A strategic patch's result goes from map to struct without JSON in between, and that converter words a wrong type otherwise. */
function conversionText(message: string): string {
  const match = /^json: cannot unmarshal (\w+)(?: \S+)? into Go .* of type (\S+)$/.exec(message);
  if (match === null) return message;
  const [, given = "", go = ""] = match;
  const from = { array: "slice", object: "map", number: "int64" }[given] ?? given;
  if (go.startsWith("[]")) return `cannot restore slice from ${from}`;
  if (go.startsWith("map[")) return `cannot restore map from ${from}`;
  return /^v\d\w*\.[A-Z]/.test(go) ? `cannot restore struct from: ${from}` : `unrecognized type: ${go}`;
}

/** Upstream shows a strategic patch itself, of the other two what they made. */
function shownPatch(type: PatchMedia, patched: unknown, patch: unknown): string {
  return type === "application/strategic-merge-patch+json" ? goMapText(patch) : goJson(patched);
}
