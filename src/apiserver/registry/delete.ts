/**
 * Deletes an object: at once, or in two phases when a grace period or finalizers stand against it.
 * Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go (Delete), registry/rest/delete.go
 */
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import { conflict, notFound } from "../../machinery/status.ts";
import { rfc3339, timeMs } from "../../machinery/time.ts";
import type { DeleteOptions } from "../../schema/shapes/meta.v1.ts";
import { objectKey } from "../storage/keys.ts";
import { Stored, viewOf } from "../storage/stored.ts";
import type { ObjectView } from "../storage/stored.ts";
import { foregroundFinalizer, orphanFinalizer } from "./objectMeta.ts";
import type { Registry, Resource, WriteContext } from "./resource.ts";
import { caughtUp, specFinalizers } from "./update.ts";

export interface DeleteTarget extends WriteContext {
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
}

export interface DeleteResult {
  /** The object in its last state, or as it is now while its deletion is pending. */
  readonly view: ObjectView;
  /** False: it is marked, and somebody else has to finish. */
  readonly gone: boolean;
}

const maxTries = 100;

export async function deleteObject(registry: Registry, resource: Resource, target: DeleteTarget): Promise<DeleteResult> {
  const { kind, cache } = resource;
  const key = objectKey(kind, target.namespace, target.name);
  await registry.feed.fresh();
  for (let tries = 0; tries < maxTries; tries += 1) {
    const current = cache.get(key);
    if (current === undefined) throw notFound(kind, target.name);
    const done = await tryDelete(registry, resource, target, current);
    if (done !== undefined) return done;
  }
  throw conflict(kind, target.name);
}

async function tryDelete(registry: Registry, resource: Resource, target: DeleteTarget, current: Stored): Promise<DeleteResult | undefined> {
  const { kind, cache } = resource;
  const { namespace, name, user, dryRun } = target;
  checkPreconditions(kind, current.object, target.options);
  const attributes = { operation: "delete", kind, object: undefined, previous: current.object, subresource: "" } as const;
  await registry.admission.validate({ ...attributes, namespace, name, user, dryRun });
  const plan = planDeletion(kind, current.copy(), target.options, registry.clock.now());
  if (plan.step === "pending") return { view: current, gone: false };
  const marked = plan.step === "mark" ? plan.object : undefined;
  if (dryRun) return marked === undefined ? { view: current, gone: true } : { view: viewOf(marked), gone: false };
  const bytes = marked === undefined ? undefined : cache.codec.encode(marked);
  const result = await registry.store.write(current.key, bytes, current.revision);
  if (!result.ok) {
    await caughtUp(registry, result.current?.revision);
    return undefined;
  }
  if (bytes !== undefined) return { view: new Stored(cache.codec, current.key, bytes, result.revision), gone: false };
  await registry.admission.released(kind, current.object);
  return { view: current.at(result.revision), gone: true };
}

function checkPreconditions(kind: Kind, object: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = object;
  const who = { group: kind.group, plural: kind.plural };
  if (uid !== undefined && uid !== metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ""}).`;
    throw conflict(who, metadata.name, `${text} The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const record = metadata.resourceVersion ?? "";
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${record}).`;
    throw conflict(who, metadata.name, `${text} The object might have been modified`);
  }
}

type Deletion = { readonly step: "remove" } | { readonly step: "pending" } | { readonly step: "mark"; readonly object: KubeObject };

/** What this deletion request does to the object. `object` is a private copy. */
export function planDeletion(kind: Kind, object: KubeObject, options: DeleteOptions, nowMs: number): Deletion {
  const grace = graceFor(kind, object, options, nowMs);
  if (grace === "pending") return { step: "pending" };
  const { metadata } = object;
  const finalizers = finalizersFor(kind, metadata.finalizers ?? [], options);
  const changed = finalizers.join() !== (metadata.finalizers ?? []).join();
  metadata.finalizers = finalizers.length === 0 ? undefined : [...finalizers];
  const held = finalizers.length > 0 || specFinalizers(object).length > 0;
  if (grace === undefined && !held) return { step: "remove" };
  if (grace === undefined) {
    if (isMarked(object) && !changed) return { step: "pending" };
    markDeleting(object, nowMs);
    return { step: "mark", object };
  }
  countDeletion(object);
  metadata.deletionTimestamp = rfc3339(grace.untilMs);
  metadata.deletionGracePeriodSeconds = grace.seconds;
  if (!held && grace.seconds === 0) return { step: "remove" };
  return { step: "mark", object };
}

function isMarked({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** Asking for deletion is a change of what is wanted. */
function countDeletion({ metadata }: KubeObject): void {
  const { generation = 0, deletionTimestamp } = metadata;
  if (deletionTimestamp === undefined && generation > 0) metadata.generation = generation + 1;
}

function markDeleting(object: KubeObject, nowMs: number): void {
  const { metadata } = object;
  countDeletion(object);
  if ((timeMs(metadata.deletionTimestamp) ?? Number.POSITIVE_INFINITY) > nowMs) metadata.deletionTimestamp = rfc3339(nowMs);
  metadata.deletionGracePeriodSeconds = 0;
  if (object.kind === "Namespace") {
    const namespace = object as { status?: { phase?: string } };
    namespace.status = { ...namespace.status, phase: "Terminating" };
  }
}

/** Undefined: not gracefully; `pending`: an earlier request's grace stands. */
function graceFor(
  kind: Kind,
  object: KubeObject,
  options: DeleteOptions,
  nowMs: number,
): { untilMs: number; seconds: number } | "pending" | undefined {
  if (kind.gracePeriodSeconds === undefined) return undefined;
  const { metadata } = object;
  const asked = options.gracePeriodSeconds === undefined ? undefined : negativeIsOne(options.gracePeriodSeconds);
  if (metadata.deletionTimestamp === undefined) {
    const seconds = negativeIsOne(kind.gracePeriodSeconds(object, asked));
    return { untilMs: nowMs + seconds * 1000, seconds };
  }
  const running = negativeIsOne(metadata.deletionGracePeriodSeconds ?? 0);
  if (running === 0) return undefined;
  if (asked === undefined || asked >= running) return "pending";
  const until = (timeMs(metadata.deletionTimestamp) ?? nowMs) - running * 1000 + asked * 1000;
  // An already expired grace is shortened to the least that still lets the kubelet finish.
  return until >= nowMs ? { untilMs: until, seconds: asked } : { untilMs: nowMs, seconds: asked === 0 ? 0 : 1 };
}

function negativeIsOne(seconds: number): number {
  return seconds < 0 ? 1 : seconds;
}

/** Kinds whose dependents are orphaned unless the request says otherwise. */
const orphansByDefault: ReadonlySet<string> = new Set(["/replicationcontrollers", "batch/jobs"]);

function finalizersFor(kind: Kind, present: readonly string[], options: DeleteOptions): readonly string[] {
  const propagation = propagationFor(kind, present, options);
  const others = present.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer);
  if (propagation === "Orphan") return [...others, orphanFinalizer];
  return propagation === "Foreground" ? [...others, foregroundFinalizer] : others;
}

function propagationFor(kind: Kind, present: readonly string[], options: DeleteOptions): string {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? "Orphan" : "Background";
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  if (present.includes(orphanFinalizer)) return "Orphan";
  if (present.includes(foregroundFinalizer)) return "Foreground";
  return orphansByDefault.has(`${kind.group}/${kind.plural}`) ? "Orphan" : "Background";
}
