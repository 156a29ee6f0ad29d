/**
 * PATCH: JSON, merge and strategic merge patches, applied to the newest object and tried again when somebody else writes in between.
 * Server-side apply has its room in apply/. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
 */
import type { ExpectedKind } from "../../machinery/decode.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { patchObject } from "../../machinery/patch/patchBody.ts";
import { unsupportedMediaType } from "../../machinery/status.ts";
import { applyPatchType, applyWith } from "../apply/apply.ts";
import { ensureNamespace } from "../registry/create.ts";
import { mainRules, updateObject } from "../registry/update.ts";
import type { UpdateRules } from "../registry/update.ts";
import { bodyOf, contentTypeOf } from "../request/body.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import type { WriteOptions } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyObject } from "../server/reply.ts";
import { checkName } from "./update.ts";

const patchTypes: readonly string[] = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  applyPatchType,
];

export function patch(call: ResourceCall): Promise<ApiResponse> {
  return patchWith(call, mainRules);
}

export async function patchWith(call: ResourceCall, rules: UpdateRules): Promise<ApiResponse> {
  if (contentTypeOf(call.request) === applyPatchType) return await applyWith(call, rules);
  const { info, registry, resource, kind } = call;
  const { apply, options } = parsedPatch(call, kind);
  const result = await updateObject(registry, resource, {
    ...writeContext(call, options),
    namespace: info.namespace,
    name: info.name,
    rules,
    transform: (current) => patched(call, apply, current),
  });
  return replyObject(call, 200, result.view);
}

export interface ParsedPatch {
  readonly options: WriteOptions;
  /** The object after the patch, without defaults. Throws 400 or 422 when it doesn't fit. */
  readonly apply: (current: KubeObject) => KubeObject;
}

/** Throws 413, 415 and 422 for what is wrong before any object is looked at. */
export function parsedPatch(call: ResourceCall, kind: ExpectedKind): ParsedPatch {
  if (!patchTypes.includes(contentTypeOf(call.request))) throw unsupportedMediaType(patchTypes);
  const body = bodyOf(call.request);
  const options = writeOptionsOf(call.info.query, "PatchOptions");
  const { warn } = writeContext(call, options);
  const contentType = call.request.headers["content-type"];
  return {
    options,
    apply(current) {
      const { object, warnings } = patchObject(kind, { current, body, contentType, validation: options.fieldValidation });
      for (const warning of warnings) warn(warning);
      return object;
    },
  };
}

/** The object after the patch, as stored and with defaults. */
function patched(call: ResourceCall, apply: ParsedPatch["apply"], current: KubeObject): KubeObject {
  const { kind, resource, info } = call;
  const served = apply(kind.storedAs === undefined ? current : kind.storedAs.fromStored(current));
  const next = kind.storedAs === undefined ? served : kind.storedAs.toStored(served);
  ensureNamespace(next, resource.kind.namespaced ? info.namespace : "");
  checkName(next, info.name);
  resource.kind.setDefaults(next);
  return next;
}
