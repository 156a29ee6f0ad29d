/**
 * Server-side apply: the manager's configuration merged into the object, or made into one when there is none.
 * Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher)
 */
import { applyConfiguration } from "../../machinery/apply/fieldManager.ts";
import { stamped } from "../../machinery/decode.ts";
import { required } from "../../machinery/fieldErrors.ts";
import type { ApiResponse } from "../../machinery/http.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { badRequest, conflict, invalidObject } from "../../machinery/status.ts";
import { DecodeError } from "../../base/wire/decodeError.ts";
import { decodeValue } from "../../schema/strictDecode.ts";
import { structOf } from "../../schema/structs.ts";
import { parseYaml } from "../../schema/yaml.ts";
import { ensureNamespace } from "../registry/create.ts";
import type { WriteContext } from "../registry/resource.ts";
import { updateObject } from "../registry/update.ts";
import type { UpdateRules } from "../registry/update.ts";
import { bodyOf } from "../request/body.ts";
import { writeOptionsOf } from "../request/writeOptions.ts";
import type { WriteOptions } from "../request/writeOptions.ts";
import { mayCreate, writeContext } from "../server/call.ts";
import type { ResourceCall } from "../server/call.ts";
import { replyObject } from "../server/reply.ts";
import { checkName } from "../verbs/update.ts";
import { writerOf } from "./tracking.ts";

export const applyPatchType = "application/apply-patch+yaml";

export async function applyWith(call: ResourceCall, rules: UpdateRules): Promise<ApiResponse> {
  const { info, registry, resource } = call;
  const body = bodyOf(call.request);
  const options = writeOptionsOf(info.query, "PatchOptions", true);
  if (options.fieldManager === "") {
    const problem = required("fieldManager", "is required for apply patch");
    throw invalidObject({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [problem]);
  }
  const context = writeContext(call, options);
  const config = configurationOf(body, options, context.warn);
  const merged = (live: KubeObject | undefined): KubeObject => applied(call, { config, options, context, rules }, live);
  const result = await updateObject(registry, resource, {
    ...context,
    namespace: info.namespace,
    name: info.name,
    rules,
    applied: true,
    transform: merged,
    ...(rules.subresource === "" ? { create: () => created(call, merged(undefined)) } : {}),
  });
  return replyObject(call, result.created ? 201 : 200, result.view);
}

interface Applying {
  readonly config: unknown;
  readonly options: WriteOptions;
  readonly context: WriteContext;
  readonly rules: UpdateRules;
}

function applied(call: ResourceCall, { config, options, context, rules }: Applying, live: KubeObject | undefined): KubeObject {
  const { info, registry, resource } = call;
  const { kind } = resource;
  const writer = writerOf(registry, kind, context, rules.subresource);
  const of = { kind: kind.kind, namespace: info.namespace, name: info.name };
  const value = applyConfiguration(live, { ...writer, config, kind: of, force: options.force ?? false });
  const { object } = decodeValue(value, structOf(kind.struct), "Ignore");
  const next = stamped(object, kind) as unknown as KubeObject;
  ensureNamespace(next, kind.namespaced ? info.namespace : "");
  checkName(next, info.name);
  kind.setDefaults(next);
  return next;
}

async function created(call: ResourceCall, object: KubeObject): Promise<KubeObject> {
  const { uid = "" } = object.metadata;
  const { kind } = call.resource;
  if (uid !== "") {
    const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(kind, call.info.name, text);
  }
  await mayCreate(call);
  object.metadata.resourceVersion = undefined;
  return object;
}

function configurationOf(body: Uint8Array, options: WriteOptions, warn: (text: string) => void): unknown {
  const { value, duplicates } = parsed(new TextDecoder().decode(body));
  if (duplicates.length > 0 && options.fieldValidation === "Strict") {
    throw badRequest(`error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`);
  }
  if (options.fieldValidation === "Warn") for (const text of duplicates) warn(text);
  return value;
}

function parsed(text: string): ReturnType<typeof parseYaml> {
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}
