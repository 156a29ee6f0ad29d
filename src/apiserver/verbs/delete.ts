/** DELETE of one object or of a collection. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go */
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { isApiError } from "../../machinery/status.ts";
import type { DeleteOptions } from "../../schema/shapes/meta.v1.ts";
import { deleteObject } from "../registry/delete.ts";
import { bodyOf } from "../request/body.ts";
import { decodeRequest } from "../request/decode.ts";
import { listOptionsOf } from "../request/listOptions.ts";
import { checkDeleteOptions, deleteOptionsOf } from "../request/writeOptions.ts";
import { asServed, writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyAny, replyObject, successStatus } from "../server/reply.ts";
import { pageFor } from "./list.ts";

export async function remove(call: ResourceCall): Promise<ApiResponse> {
  const { info, registry, resource, kind } = call;
  const options = optionsOf(call);
  const context = writeContext(call, { dryRun: (options.dryRun ?? []).length > 0, fieldManager: "" });
  const { view, gone } = await deleteObject(registry, resource, { ...context, namespace: info.namespace, name: info.name, options });
  if (!gone || returnsDeleted.has(`${kind.group}/${kind.plural}`)) return replyObject(call, 200, view);
  const { uid } = view.object.metadata;
  const group = kind.group === "" ? {} : { group: kind.group };
  return replyAny(call, 200, successStatus({ name: info.name, ...group, kind: kind.plural, uid }, 200));
}

/** Kinds that answer with the deleted object instead of a Status. Upstream: ReturnDeletedObject in each registry. */
const returnsDeleted: ReadonlySet<string> = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
]);

const deleteOptionsKind = { group: "", version: "v1", kind: "DeleteOptions", struct: "k8s.io/apimachinery/pkg/apis/meta/v1.DeleteOptions" };

function optionsOf(call: ResourceCall): DeleteOptions {
  const body = bodyOf(call.request);
  let options = deleteOptionsOf(call.info.query);
  if (body.length > 0) {
    const target = { kind: deleteOptionsKind, validation: "Ignore", warn: () => undefined } as const;
    options = decodeRequest(call.request, target);
  }
  checkDeleteOptions(options);
  return options;
}

/** Deletes what a list with the same options shows. Not atomic, as upstream: an error leaves the rest. */
export async function removeCollection(call: ResourceCall): Promise<ApiResponse> {
  const { info, registry, resource, kind } = call;
  const listOptions = listOptionsOf(info.query, resource.kind, false);
  const options = optionsOf(call);
  const context = writeContext(call, { dryRun: (options.dryRun ?? []).length > 0, fieldManager: "" });
  const page = await pageFor(call, listOptions);
  const shown: KubeObject[] = [];
  for (const item of page.items) {
    const { namespace = "", name } = item.object.metadata;
    try {
      await deleteObject(registry, resource, { ...context, namespace, name, options });
    } catch (error) {
      if (!isApiError(error, "NotFound")) throw error;
    }
    shown.push(asServed(call, item.object));
  }
  const items = shown.map((object) => ({ ...object, kind: undefined, apiVersion: undefined }));
  const list = { kind: kind.listKind, apiVersion: call.info.group === "" ? kind.version : `${kind.group}/${kind.version}` };
  return replyAny(call, 200, { ...list, metadata: { resourceVersion: String(page.revision) }, items });
}
