/** POST on a collection. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go */
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { createObject } from "../registry/create.ts";
import { decodeRequest } from "../request/decode.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import type { WriteOptions } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyObject } from "../server/reply.ts";

export async function create(call: ResourceCall): Promise<ApiResponse> {
  const { info, registry, resource } = call;
  const options = writeOptionsOf(info.query, "CreateOptions");
  const object = decodedBody(call, options);
  const context = writeContext(call, options);
  return replyObject(call, 201, await createObject(registry, resource, object, { ...context, namespace: info.namespace }));
}

/** The body as the stored kind, with defaults. */
export function decodedBody(call: ResourceCall, options: WriteOptions): KubeObject {
  const { kind, resource } = call;
  const { warn } = writeContext(call, options);
  const served = decodeRequest(call.request, { kind, validation: options.fieldValidation, warn });
  const object = kind.storedAs === undefined ? served : kind.storedAs.toStored(served);
  resource.kind.setDefaults(object);
  return object;
}
