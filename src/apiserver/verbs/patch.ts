/**
 * PATCH: JSON, merge and strategic merge patches, applied to the newest object and tried again when somebody else writes in between.
 * Server-side apply has its room in apply/. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
 */
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { unsupportedMediaType } from "../../machinery/status.ts";
import { ensureNamespace } from "../registry/create.ts";
import { mainRules, updateObject } from "../registry/update.ts";
import type { UpdateRules } from "../registry/update.ts";
import { bodyOf, contentTypeOf } from "../request/body.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyObject } from "../server/reply.ts";
import { parsePatch } from "./patchDocument.ts";
import type { Patch } from "./patchDocument.ts";
import { checkName } from "./update.ts";

export const patchTypes = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
} as const;
export type PatchType = (typeof patchTypes)[keyof typeof patchTypes];

export function patch(call: ResourceCall): Promise<ApiResponse> {
  return patchWith(call, mainRules);
}

export async function patchWith(call: ResourceCall, rules: UpdateRules): Promise<ApiResponse> {
  const { info, registry, resource } = call;
  const type = patchTypeOf(call);
  const body = bodyOf(call.request);
  const options = writeOptionsOf(info.query, "PatchOptions");
  const context = writeContext(call, options.dryRun);
  const patch = parsePatch(type, body, { kind: call.kind, validation: options.fieldValidation, warn: context.warn });
  const result = await updateObject(registry, resource, {
    ...context,
    namespace: info.namespace,
    name: info.name,
    rules,
    transform: (current) => patched(call, patch, current),
  });
  return replyObject(call, 200, result.view);
}

/** Throws 415 for anything but a known patch type. */
export function patchTypeOf(call: ResourceCall): PatchType {
  const type = contentTypeOf(call.request);
  if (Object.hasOwn(patchTypes, type)) return patchTypes[type as keyof typeof patchTypes];
  throw unsupportedMediaType(Object.keys(patchTypes));
}

/** The object after the patch, as stored and with defaults. */
export function patched(call: ResourceCall, patch: Patch, current: KubeObject): KubeObject {
  const { kind, resource, info } = call;
  const served = patch.apply(kind.storedAs === undefined ? current : kind.storedAs.fromStored(current));
  const next = kind.storedAs === undefined ? served : kind.storedAs.toStored(served);
  ensureNamespace(next, resource.kind.namespaced ? info.namespace : "");
  checkName(next, info.name);
  resource.kind.setDefaults(next);
  return next;
}
