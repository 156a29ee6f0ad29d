/** PUT on an object or its status. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/update.go */
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { badRequest } from "../../machinery/status.ts";
import { ensureNamespace } from "../registry/create.ts";
import { mainRules, updateObject } from "../registry/update.ts";
import type { UpdateRules } from "../registry/update.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import { mayCreate, writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyObject } from "../server/reply.ts";
import { decodedBody } from "./create.ts";

/** Kinds whose PUT may create. Upstream: AllowCreateOnUpdate in each strategy. */
const createsOnUpdate: ReadonlySet<string> = new Set([
  "/endpoints",
  "/events",
  "/limitranges",
  "coordination.k8s.io/leases",
  "events.k8s.io/events",
  "rbac.authorization.k8s.io/clusterrolebindings",
  "rbac.authorization.k8s.io/clusterroles",
  "rbac.authorization.k8s.io/rolebindings",
  "rbac.authorization.k8s.io/roles",
]);

export function update(call: ResourceCall): Promise<ApiResponse> {
  return updateWith(call, mainRules);
}

export async function updateWith(call: ResourceCall, rules: UpdateRules): Promise<ApiResponse> {
  const { info, registry, resource } = call;
  const options = writeOptionsOf(info.query, "UpdateOptions");
  const object = decodedBody(call, options);
  ensureNamespace(object, resource.kind.namespaced ? info.namespace : "");
  checkName(object, info.name);
  const mayCreate = rules === mainRules && createsOnUpdate.has(`${resource.kind.group}/${resource.kind.plural}`);
  const result = await updateObject(registry, resource, {
    ...writeContext(call, options),
    namespace: info.namespace,
    name: info.name,
    rules,
    transform: () => structuredClone(object),
    ...(mayCreate ? { create: () => asNew(call, object) } : {}),
  });
  return replyObject(call, result.created ? 201 : 200, result.view);
}

/** Creating by PUT ignores the version, as upstream. */
async function asNew(call: ResourceCall, object: KubeObject): Promise<KubeObject> {
  await mayCreate(call);
  const fresh = structuredClone(object);
  fresh.metadata.resourceVersion = undefined;
  return fresh;
}

export function checkName(object: KubeObject, name: string): void {
  const named = object.metadata.name ?? "";
  if (named === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (named !== name) throw badRequest(`the name of the object (${named}) does not match the name on the URL (${name})`);
}
