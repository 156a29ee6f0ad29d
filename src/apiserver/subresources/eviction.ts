/** `pods/NAME/eviction`: a deletion that a disruption budget may refuse. Upstream: pkg/registry/core/pod/storage/eviction.go */
import type { ApiResponse } from "../../machinery/http.ts";
import { badRequest, isApiError } from "../../machinery/status.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { DeleteOptions } from "../../schema/shapes/meta.v1.ts";
import type { Eviction } from "../../schema/shapes/policy.v1.ts";
import { deleteObject } from "../registry/delete.ts";
import { decodeRequest } from "../request/decode.ts";
import { checkDeleteOptions, writeOptionsOf } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyAny, successStatus } from "../server/reply.ts";
import { present } from "../verbs/get.ts";
import { spendBudget, violates } from "./disruptionBudget.ts";

const evictionKind = { group: "policy", version: "v1", kind: "Eviction", struct: "k8s.io/api/policy/v1.Eviction" };

export async function createEviction(call: ResourceCall): Promise<ApiResponse> {
  const { info, registry, resource } = call;
  const options = writeOptionsOf(info.query, "CreateOptions");
  const context = writeContext(call, options);
  const target = { kind: evictionKind, validation: options.fieldValidation, warn: context.warn };
  const eviction = decodeRequest(call.request, target) as Eviction;
  if (eviction.metadata.name !== info.name) throw badRequest("name in URL does not match name in Eviction object");
  const asked = eviction.deleteOptions ?? {};
  checkDeleteOptions(asked);
  const write = { ...context, dryRun: options.dryRun || (asked.dryRun ?? []).length > 0 };

  const pod = (await present(call)).object as Pod;
  const { pinned } = isDisruptedAlready(pod) ? { pinned: false } : await spendBudget(registry, pod, write);
  const unchanged = pinned && asked.preconditions?.resourceVersion === undefined;
  try {
    const deletion = { ...write, namespace: info.namespace, name: info.name, options: unchanged ? pinnedTo(pod, asked) : asked };
    await deleteObject(registry, resource, deletion);
  } catch (error) {
    if (!unchanged || !isApiError(error, "Conflict")) throw error;
    throw violates(10, "The pod changed while its disruption budget was being looked at.");
  }
  return replyAny(call, 201, successStatus(undefined, 201));
}

/** Nobody counts on it any more, or not yet. */
function isDisruptedAlready({ status, metadata }: Pod): boolean {
  const phase = status?.phase;
  return phase === "Succeeded" || phase === "Failed" || phase === "Pending" || metadata.deletionTimestamp !== undefined;
}

function pinnedTo(pod: Pod, options: DeleteOptions): DeleteOptions {
  return { ...options, preconditions: { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion } };
}
