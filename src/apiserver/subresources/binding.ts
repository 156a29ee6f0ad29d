/**
 * `/binding`: the scheduler's word on where a pod runs; once said, it stands.
 * Upstream: pkg/registry/core/pod/storage/storage.go (BindingREST)
 */
import { withCondition } from "../../machinery/conditions.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import { badRequest, conflict, invalidObject } from "../../machinery/status.ts";
import { notSupported, required } from "../../machinery/fieldErrors.ts";
import { rfc3339 } from "../../machinery/time.ts";
import type { Binding, Pod } from "../../schema/shapes/core.v1.ts";
import { statusRules, updateObject } from "../registry/update.ts";
import type { UpdateRules } from "../registry/update.ts";
import { decodeRequest } from "../request/decode.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyAny, successStatus } from "../server/reply.ts";

const bindingKind = { group: "", version: "v1", kind: "Binding", struct: "k8s.io/api/core/v1.Binding" };

/** Spec and metadata change here and nowhere else, so nothing of the pod is put back. */
const bindingRules: UpdateRules = { ...statusRules, subresource: "binding", tracked: false, prepare: () => undefined, validate: () => [] };

/** POST on `pods/NAME/binding`, or on `bindings` with the name in the body. */
export async function createBinding(call: ResourceCall): Promise<ApiResponse> {
  const { info, registry, resource } = call;
  const options = writeOptionsOf(info.query, "CreateOptions");
  const context = writeContext(call, options);
  const target = { kind: bindingKind, validation: options.fieldValidation, warn: context.warn };
  const binding = decodeRequest(call.request, target) as Binding;
  const name = info.name === "" ? binding.metadata.name : info.name;
  if (binding.metadata.name !== "" && binding.metadata.name !== undefined && binding.metadata.name !== name) {
    throw badRequest(`name in URL does not match name in Binding object`);
  }
  checkBinding(binding, name);
  await updateObject(registry, resource, {
    ...context,
    namespace: info.namespace,
    name,
    rules: bindingRules,
    transform: (current) => bound(current as Pod, binding, rfc3339(registry.clock.now())),
  });
  return replyAny(call, 201, successStatus(undefined, 201));
}

function checkBinding(binding: Binding, name: string): void {
  const { kind = "", name: node = "" } = binding.target ?? {};
  const problems = [
    ...(kind !== "" && kind !== "Node" ? [notSupported("target.kind", kind, ["Node", "<empty>"])] : []),
    ...(node === "" ? [required("target.name")] : []),
  ];
  if (problems.length > 0) throw invalidObject(bindingKind, name, problems);
}

const pods = { group: "", plural: "pods/binding" };

/** The binding may name the pod that it means more closely. */
function checkPreconditions(pod: Pod, binding: Binding): void {
  const { name, uid = "", resourceVersion } = pod.metadata;
  const { uid: wanted = "", resourceVersion: version = "" } = binding.metadata;
  if (wanted !== "" && wanted !== uid) {
    throw conflict(pods, name, `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`);
  }
  if (version !== "" && version !== resourceVersion) throw conflict({ group: "", plural: "pods" }, name);
}

function bound(pod: Pod, binding: Binding, now: string): Pod {
  checkPreconditions(pod, binding);
  const { name } = pod.metadata;
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(pods, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const node = pod.spec.nodeName ?? "";
  if (node !== "") throw conflict(pods, name, `pod ${name} is already assigned to node ${JSON.stringify(node)}`);
  if ((pod.spec.schedulingGates ?? []).length > 0) throw conflict(pods, name, `pod ${name} has non-empty .spec.schedulingGates`);
  pod.spec.nodeName = binding.target.name ?? "";
  const annotations = binding.metadata.annotations;
  if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  const condition = { type: "PodScheduled", status: "True", observedGeneration: pod.metadata.generation };
  pod.status = { ...pod.status, conditions: withCondition(pod.status?.conditions, condition, now) };
  return pod;
}
