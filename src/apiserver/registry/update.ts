/**
 * Changes an object by compare-and-swap: reads, transforms, checks, writes, and begins again when somebody else wrote in between.
 * The sub-resources use it with other rules for what may change.
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go (Update), registry/rest/update.go
 */
import { semanticEqual } from "../../api/equal.ts";
import type { FieldError } from "../../machinery/field.ts";
import { fieldErrorText, invalid } from "../../machinery/fieldErrors.ts";
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import { conflict, invalidObject, notFound } from "../../machinery/status.ts";
import { objectKey } from "../storage/keys.ts";
import { rememberDecoded, Stored, viewOf } from "../storage/stored.ts";
import type { ObjectView } from "../storage/stored.ts";
import { managedToStore } from "../../machinery/apply/fieldManager.ts";
import { trackUpdate } from "../apply/tracking.ts";
import { createObject } from "./create.ts";
import { objectMetaUpdateProblems } from "./objectMeta.ts";
import { dropRepeatedOwners } from "./owners.ts";
import type { Registry, Resource, WriteContext } from "./resource.ts";
import { changeProblems, statusProblems } from "./validation.ts";

/** What an update of the main resource or of a sub-resource may do. */
export interface UpdateRules {
  readonly subresource: string;
  prepare(kind: Kind, next: KubeObject, previous: KubeObject): void;
  validate(resource: Resource, next: KubeObject, previous: KubeObject): FieldError[];
  /** Whether the generation follows spec. */
  readonly countsGeneration: boolean;
  /** Whether the kind's warnings are given. */
  readonly warns: boolean;
  /** Whether the writer comes to own what it changes. */
  readonly tracked: boolean;
}

export interface UpdateTarget extends WriteContext {
  readonly namespace: string;
  readonly name: string;
  readonly rules: UpdateRules;
  /** Makes the next object out of a private copy of the present one. Called again for every try. */
  transform(current: KubeObject): KubeObject | Promise<KubeObject>;
  /** The transformation is an apply and has seen to managedFields itself. */
  readonly applied?: boolean;
  /** When nothing is there: the object to create instead. Absent: 404. */
  create?(): KubeObject | Promise<KubeObject>;
}

export interface UpdateResult {
  readonly view: ObjectView;
  readonly created: boolean;
}

/** Somebody else was faster this many times: gives up with 409. */
const maxTries = 100;

export const mainRules: UpdateRules = {
  subresource: "",
  prepare: (kind, next, previous) => kind.prepareForUpdate(next, previous),
  validate: changeProblems,
  countsGeneration: true,
  warns: true,
  tracked: true,
};

/** Only status changes; of the metadata what upstream lets a status update change. */
export const statusRules: UpdateRules = {
  subresource: "status",
  prepare: (_kind, next, previous) => keepAllButStatus(next, previous),
  validate: statusProblems,
  countsGeneration: false,
  warns: false,
  tracked: true,
};

function keepAllButStatus(next: KubeObject, previous: KubeObject): void {
  const fields = next as unknown as Record<string, unknown>;
  const before = previous as unknown as Record<string, unknown>;
  for (const name of new Set([...Object.keys(next), ...Object.keys(previous)])) {
    if (name === "metadata" || name === "status") continue;
    if (before[name] === undefined) delete fields[name];
    else fields[name] = before[name];
  }
  next.metadata.deletionTimestamp = previous.metadata.deletionTimestamp;
  next.metadata.ownerReferences = previous.metadata.ownerReferences;
}

export async function updateObject(registry: Registry, resource: Resource, target: UpdateTarget): Promise<UpdateResult> {
  const { kind, cache } = resource;
  const key = objectKey(kind, target.namespace, target.name);
  await registry.feed.fresh();
  for (let tries = 0; tries < maxTries; tries += 1) {
    const current = cache.get(key);
    if (current === undefined) {
      if (target.create === undefined) throw notFound(kind, target.name);
      return { view: await createObject(registry, resource, await target.create(), target), created: true };
    }
    const view = await tryUpdate(registry, resource, target, current);
    if (view !== undefined) return { view, created: false };
  }
  throw conflict(kind, target.name);
}

/** Undefined when the object changed meanwhile and the cache has caught up with that. */
async function tryUpdate(registry: Registry, resource: Resource, target: UpdateTarget, current: Stored): Promise<ObjectView | undefined> {
  const { kind, cache } = resource;
  const previous = current.object;
  const next = await target.transform(current.copy());
  checkVersion(kind, next, current);
  keepSystemFields(next, previous);
  if (target.applied !== true) trackUpdate(registry, kind, { next, previous }, target);
  dropRepeatedOwners(next, target);
  const undo = await prepared(registry, resource, target, { next, previous });
  let done = false;
  try {
    await checked(registry, resource, target, { next, previous });
    next.metadata.managedFields = managedToStore(previous, next);
    if (target.dryRun) return viewOf(next);
    const gone = isDeletedByUpdate(next, previous);
    const bytes = cache.codec.encode(next);
    if (!gone && bytes.length === current.bytes.length && (sameBytes(bytes, current.bytes) || semanticEqual(next, previous))) {
      done = true;
      return current;
    }
    if (!gone) rememberDecoded(bytes, next);
    const result = await registry.store.write(current.key, gone ? undefined : bytes, current.revision);
    if (!result.ok) {
      await caughtUp(registry, result.current?.revision);
      return undefined;
    }
    done = true;
    if (gone) await registry.admission.released(kind, next);
    next.metadata.resourceVersion = String(result.revision);
    return gone ? viewOf(next) : new Stored(cache.codec, current.key, bytes, result.revision);
  } finally {
    if (!done) undo();
  }
}

/** After a lost race the cache must see the winner before the next try. */
export async function caughtUp(registry: Registry, revision: number | undefined): Promise<void> {
  if (revision !== undefined) await registry.feed.reached(revision);
  else await registry.feed.fresh();
}

function checkVersion(kind: Kind, next: KubeObject, current: Stored): void {
  const asked = next.metadata.resourceVersion ?? "";
  const uid = next.metadata.uid ?? "";
  const { name } = current.object.metadata;
  if (uid !== "" && uid !== current.object.metadata.uid) {
    const text = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.object.metadata.uid ?? ""}`;
    throw conflict(kind, name, text);
  }
  if (asked === "" || asked === "0") {
    if (needsVersion.has(`${kind.group}/${kind.plural}`)) {
      const problem = invalid("metadata.resourceVersion", 0, "must be specified for an update");
      throw invalidObject({ group: kind.group, kind: kind.plural }, name, [problem]);
    }
  } else if (asked !== String(current.revision)) {
    throw conflict(kind, name);
  }
}

/** Kinds whose update must name the version it is based on. Upstream: AllowUnconditionalUpdate in each strategy. */
const needsVersion: ReadonlySet<string> = new Set([
  "coordination.k8s.io/leases",
  "networking.k8s.io/ingressclasses",
  "policy/poddisruptionbudgets",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/csistoragecapacities",
  "storage.k8s.io/volumeattachments",
]);

function keepSystemFields(next: KubeObject, previous: KubeObject): void {
  const meta = next.metadata;
  const before = previous.metadata;
  meta.resourceVersion = before.resourceVersion;
  meta.generation = before.generation;
  meta.uid = before.uid;
  meta.creationTimestamp = before.creationTimestamp;
  meta.namespace ??= before.namespace;
  if (before.deletionTimestamp !== undefined) meta.deletionTimestamp = before.deletionTimestamp;
  meta.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds;
}

interface Pair {
  readonly next: KubeObject;
  readonly previous: KubeObject;
}

/** Mutating admission, the kind's own preparation, generation, addresses. Gives the way back. */
async function prepared(registry: Registry, resource: Resource, target: UpdateTarget, pair: Pair): Promise<() => void> {
  const { kind } = resource;
  const { next, previous } = pair;
  const { rules, namespace, name, user, dryRun } = target;
  const attributes = { operation: "update", kind, object: next, previous, subresource: rules.subresource, namespace, name } as const;
  await registry.admission.admit({ ...attributes, user, dryRun });
  rules.prepare(kind, next, previous);
  if (rules.countsGeneration && kind.specChanged?.(next, previous) === true) {
    next.metadata.generation = (previous.metadata.generation ?? 0) + 1;
  }
  return await registry.admission.allocate({ ...attributes, dryRun });
}

async function checked(registry: Registry, resource: Resource, target: UpdateTarget, pair: Pair): Promise<void> {
  const { kind } = resource;
  const { next, previous } = pair;
  const { rules, namespace, name, user, dryRun } = target;
  const problems = objectMetaUpdateProblems(next.metadata, previous.metadata);
  const known = new Set(problems.map(fieldErrorText));
  problems.push(...rules.validate(resource, next, previous).filter((problem) => !known.has(fieldErrorText(problem))));
  if (problems.length > 0) throw invalidObject(kind, name, problems);
  if (rules.warns) for (const warning of kind.warnings?.(next, previous) ?? []) target.warn(warning);
  const attributes = { operation: "update", kind, object: next, previous, subresource: rules.subresource, namespace, name } as const;
  await registry.admission.validate({ ...attributes, user, dryRun });
}

/** The last finalizer of an object that is being deleted went away. */
function isDeletedByUpdate(next: KubeObject, previous: KubeObject): boolean {
  if ((next.metadata.finalizers ?? []).length > 0 || previous.metadata.deletionTimestamp === undefined) return false;
  if (specFinalizers(next).length > 0) return false;
  return (previous.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** A namespace's own finalizers, which `/finalize` takes away. */
export function specFinalizers(object: KubeObject): readonly string[] {
  if (object.kind !== "Namespace") return [];
  return (object as { spec?: { finalizers?: string[] } }).spec?.finalizers ?? [];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
