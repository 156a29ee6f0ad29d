/**
 * `/scale`: the replicas of any kind that has some, as an autoscaling/v1 Scale.
 * Upstream: pkg/registry/apps/deployment/storage/storage.go (ScaleREST)
 */
import type { ApiResponse } from "../../machinery/http.ts";
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import { badRequest, invalidObject, notFound } from "../../machinery/status.ts";
import { invalid } from "../../machinery/fieldErrors.ts";
import type { Scale } from "../../schema/shapes/autoscaling.v1.ts";
import { mainRules, updateObject } from "../registry/update.ts";
import { decodeRequest } from "../request/decode.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import type { WriteOptions } from "../request/writeOptions.ts";
import { writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyAny } from "../server/reply.ts";
import { present } from "../verbs/get.ts";
import { parsedPatch } from "../verbs/patch.ts";
import { checkName } from "../verbs/update.ts";

const scaleKind = { group: "autoscaling", version: "v1", kind: "Scale", struct: "k8s.io/api/autoscaling/v1.Scale" };

export async function getScale(call: ResourceCall): Promise<ApiResponse> {
  return replyAny(call, 200, scaleOf(call.resource.kind, (await present(call)).object));
}

export async function updateScale(call: ResourceCall): Promise<ApiResponse> {
  const options = writeOptionsOf(call.info.query, "UpdateOptions");
  const context = writeContext(call, options);
  const target = { kind: scaleKind, validation: options.fieldValidation, warn: context.warn };
  const scale = decodeRequest(call.request, target);
  return await write(call, options, () => scale);
}

export async function patchScale(call: ResourceCall): Promise<ApiResponse> {
  const { apply, options } = parsedPatch(call, scaleKind);
  return await write(call, options, apply);
}

async function write(call: ResourceCall, options: WriteOptions, change: (current: KubeObject) => KubeObject): Promise<ApiResponse> {
  const { registry, resource, info } = call;
  const { kind } = resource;
  if (kind.scale === undefined) throw notFound(kind, info.name);
  const { view } = await updateObject(registry, resource, {
    ...writeContext(call, options),
    namespace: info.namespace,
    name: info.name,
    rules: { ...mainRules, subresource: "scale" },
    transform(current) {
      const next = change(scaleOf(kind, current)) as Scale;
      checkScale(next, info.name, info.namespace);
      kind.scale?.write(current, next.spec?.replicas ?? 0);
      current.metadata.resourceVersion = next.metadata.resourceVersion;
      current.metadata.uid = next.metadata.uid;
      return current;
    },
  });
  return replyAny(call, 200, scaleOf(kind, view.object));
}

function checkScale(scale: Scale, name: string, namespace: string): void {
  checkName(scale, name);
  if ((scale.metadata.namespace ?? "") !== "" && scale.metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0) {
    const problem = invalid("spec.replicas", replicas, "must be greater than or equal to 0");
    throw invalidObject(scaleKind, name, [problem]);
  }
}

function scaleOf(kind: Kind, object: KubeObject): Scale {
  const { replicas = 0, statusReplicas = 0, selector = "" } = kind.scale?.read(object) ?? {};
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: statusReplicas, ...(selector === "" ? {} : { selector }) },
  };
}
