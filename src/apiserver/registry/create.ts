/**
 * Creates an object: system metadata, admission, defaults, validation, one write that only succeeds if the name is free.
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go (Create), registry/rest/create.go
 */
import { assert } from "../../base/assert.ts";
import { nameSuffix } from "../../base/rng.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { alreadyExists, badRequest, generateNameConflict, invalidObject, isApiError } from "../../machinery/status.ts";
import type { ApiError } from "../../machinery/status.ts";
import { rfc3339 } from "../../machinery/time.ts";
import { objectKey } from "../storage/keys.ts";
import { rememberDecoded, Stored, viewOf } from "../storage/stored.ts";
import type { ObjectView } from "../storage/stored.ts";
import { objectMetaProblems } from "./objectMeta.ts";
import { trackCreate } from "../apply/tracking.ts";
import { dropRepeatedOwners } from "./owners.ts";
import type { Registry, Resource, WriteContext } from "./resource.ts";
import { newObjectProblems } from "./validation.ts";

/** Tries with fresh random names, as upstream: a million names of one prefix with a chance of 0.1 % to fail. */
const maxGeneratedNames = 8;
/** Random letters that follow a generateName, and how much of the prefix is kept. */
const generatedSuffixLength = 5;
const maxGeneratedPrefix = 63 - generatedSuffixLength;

export interface CreateContext extends WriteContext {
  readonly namespace: string;
  /** The object comes out of an apply, with its managedFields. */
  readonly applied?: boolean;
}

/** `object` is decoded and with defaults; it becomes the stored one, so the caller must not change it afterwards. */
export async function createObject(registry: Registry, resource: Resource, object: KubeObject, write: CreateContext): Promise<ObjectView> {
  wipeSystemFields(object);
  ensureNamespace(object, resource.kind.namespaced ? write.namespace : "");
  if ((object.metadata.resourceVersion ?? "") !== "") throw badRequest("resourceVersion should not be set on objects to be created");
  const prefix = object.metadata.generateName ?? "";
  if ((object.metadata.name ?? "") !== "" || prefix === "") return await attempt(registry, resource, object, write);
  let name = "";
  for (let tried = 0; tried < maxGeneratedNames; tried += 1) {
    name = prefix.slice(0, maxGeneratedPrefix) + nameSuffix(registry.rng, generatedSuffixLength);
    const named = structuredClone(object);
    named.metadata.name = name;
    try {
      return await attempt(registry, resource, named, write);
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
    }
  }
  throw generateNameConflict(resource.kind, name);
}

async function attempt(registry: Registry, resource: Resource, object: KubeObject, write: CreateContext): Promise<ObjectView> {
  const { kind } = resource;
  if (write.applied !== true) trackCreate(registry, kind, object, write);
  dropRepeatedOwners(object, write);
  object.metadata.creationTimestamp = rfc3339(registry.clock.now());
  object.metadata.uid = registry.uids.next();
  const attributes = { operation: "create", kind, object, previous: undefined, subresource: "", ...write } as const;
  const { namespace } = write;
  await registry.admission.admit({ ...attributes, namespace, name: object.metadata.name ?? "" });
  kind.prepareForCreate(object);
  if (kind.specChanged !== undefined) object.metadata.generation = 1;
  const undo = await registry.admission.allocate(attributes);
  let done = false;
  try {
    const problems = newObjectProblems(resource, object);
    if (problems.length === 0) problems.push(...objectMetaProblems(object, kind.namespaced));
    if (problems.length > 0) throw invalidObject(kind, object.metadata.name ?? "", problems);
    for (const warning of kind.warnings?.(object, undefined) ?? []) write.warn(warning);
    await registry.admission.validate({ ...attributes, namespace, name: object.metadata.name });
    const view = await put(registry, resource, object, write.dryRun);
    done = !write.dryRun;
    return view;
  } finally {
    if (!done) undo();
  }
}

async function put(registry: Registry, resource: Resource, object: KubeObject, dryRun: boolean): Promise<ObjectView> {
  const { kind, cache } = resource;
  const key = objectKey(kind, object.metadata.namespace ?? "", object.metadata.name);
  if (dryRun) {
    await registry.feed.fresh();
    if (cache.get(key) !== undefined) throw taken(resource, object, cache.get(key)?.object);
    return viewOf(object);
  }
  const bytes = cache.codec.encode(object);
  rememberDecoded(bytes, object);
  const result = await registry.store.write(key, bytes, 0);
  if (!result.ok) {
    const holder = result.current;
    throw taken(resource, object, holder && cache.codec.decode(holder.value, holder.revision));
  }
  object.metadata.resourceVersion = String(result.revision);
  return new Stored(cache.codec, key, bytes, result.revision);
}

function taken(resource: Resource, object: KubeObject, holder: KubeObject | undefined): ApiError {
  const { name, generateName = "" } = object.metadata;
  const error = generateName === "" ? alreadyExists(resource.kind, name) : generateNameConflict(resource.kind, name);
  if (holder?.metadata.deletionTimestamp !== undefined) error.status.message = `object is being deleted: ${error.message}`;
  return error;
}

/** What only the server sets. */
export function wipeSystemFields(object: KubeObject): void {
  const { metadata } = object;
  assert(typeof metadata === "object" && metadata !== null, "a decoded object has metadata");
  metadata.creationTimestamp = undefined;
  metadata.uid = undefined;
  metadata.deletionTimestamp = undefined;
  metadata.deletionGracePeriodSeconds = undefined;
  metadata.selfLink = undefined;
}

/** Takes the request's namespace over, or refuses an object that names another. */
export function ensureNamespace(object: KubeObject, namespace: string): void {
  const named = object.metadata.namespace ?? "";
  if (named === namespace) {
    if (namespace === "") object.metadata.namespace = undefined;
  } else if (named === "") {
    object.metadata.namespace = namespace;
  } else if (namespace === "") {
    object.metadata.namespace = undefined;
  } else {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
}
