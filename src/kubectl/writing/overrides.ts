/** --overrides: changes to an object before it is sent. Upstream: kubectl/pkg/cmd/util/override_options.go */
import { applyJsonPatch } from "../../machinery/patch/json.ts";
import { applyMergePatch } from "../../machinery/patch/merge.ts";
import { applyStrategicMergePatch } from "../../machinery/patch/strategic.ts";
import { jsonSyntaxError } from "../../schema/scalars/jsonSyntax.ts";
import { KubectlError } from "../errors.ts";
import type { Unstructured } from "../resources/unstructured.ts";
import { structOfObject, typed } from "./typed.ts";

export function overridden(object: Unstructured, flags: { readonly overrides: string; readonly "override-type": string }): Unstructured {
  if (flags.overrides === "") return object;
  const type = flags["override-type"] === "" ? "merge" : flags["override-type"];
  if (type !== "json" && type !== "merge" && type !== "strategic") throw new KubectlError(`invalid override type: ${type}`);
  let patch: unknown;
  try {
    patch = JSON.parse(flags.overrides);
  } catch {
    throw new KubectlError(type === "merge" ? "Invalid JSON Patch" : (jsonSyntaxError(flags.overrides) ?? "invalid JSON"));
  }
  const struct = structOfObject(object);
  if (type === "json") return typed(applyJsonPatch(object, patch) as Unstructured);
  if (type === "merge" || struct === undefined) return typed(applyMergePatch(object, patch) as Unstructured);
  return typed(applyStrategicMergePatch(object, patch, struct) as Unstructured);
}
