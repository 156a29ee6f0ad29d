/** `pods/NAME/eviction`: a deletion that a disruption budget may refuse. Upstream: pkg/registry/core/pod/storage/eviction.go */
import type { ApiResponse } from "../../machinery/http.ts";
import { badRequest } from "../../machinery/status.ts";
import type { Eviction } from "../../schema/shapes/policy.v1.ts";
import { deleteObject } from "../registry/delete.ts";
import { decodeRequest } from "../request/decode.ts";
import { checkDeleteOptions, writeOptionsOf } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyAny, successStatus } from "../server/reply.ts";

const evictionKind = { group: "policy", version: "v1", kind: "Eviction", struct: "k8s.io/api/policy/v1.Eviction" };

export async function createEviction(call: ResourceCall): Promise<ApiResponse> {
  const { info, registry, resource } = call;
  const options = writeOptionsOf(info.query, "CreateOptions");
  const context = writeContext(call, options.dryRun);
  const target = { kind: evictionKind, validation: options.fieldValidation, warn: context.warn };
  const eviction = decodeRequest(call.request, target) as Eviction;
  const named = eviction.metadata.name ?? "";
  if (named !== "" && named !== info.name) throw badRequest("name in URL does not match name in Eviction object");
  const deleteOptions = eviction.deleteOptions ?? {};
  checkDeleteOptions(deleteOptions);
  const dryRun = options.dryRun || (deleteOptions.dryRun ?? []).length > 0;
  await deleteObject(registry, resource, { ...context, dryRun, namespace: info.namespace, name: info.name, options: deleteOptions });
  return replyAny(call, 201, successStatus(undefined, 201));
}
