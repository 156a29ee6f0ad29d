/**
 * Which objects are an owner's: those that it controls and still selects, and matching orphans, which it adopts. What it controls but no longer
 * selects is released. Upstream: pkg/controller/controller_ref_manager.go
 */
import type { Client, Key } from "../../client/client.ts";
import type { KindRef, KubeObject } from "../../machinery/kind.ts";
import { controllerOf, ownerReferenceTo } from "../../machinery/owners.ts";
import type { Selector } from "../../machinery/selectors.ts";
import { isApiError } from "../../machinery/status.ts";

export interface Claims<T> {
  readonly owned: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

export interface ClaimRules<T> {
  readonly owner: KubeObject;
  readonly selector: Selector;
  /** Whether it may still change hands: it isn't over or going. */
  readonly isAlive: (object: T) => boolean;
}

/** `candidates` are those that it controls and the orphans of its namespace. */
export function planClaims<T extends KubeObject>(rules: ClaimRules<T>, candidates: readonly T[]): Claims<T> {
  const { owner, selector, isAlive } = rules;
  const owned: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  const going = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = selector.matches(object.metadata.labels ?? {});
    const mayChange = !going && isAlive(object);
    if (controller === undefined) {
      if (matches && mayChange) adopt.push(object);
    } else if (controller.uid === owner.metadata.uid) {
      if (matches) owned.push(object);
      else if (mayChange) release.push(object);
    }
  }
  return { owned, adopt, release };
}

export interface ClaimKinds<O extends KubeObject, T extends KubeObject> {
  readonly client: Client;
  readonly ownerKind: KindRef<O>;
  readonly kind: KindRef<T>;
}

/** Becomes the controller of orphans, unless the owner itself is going or has been replaced by now. */
export async function adoptAll<O extends KubeObject, T extends KubeObject>(
  kinds: ClaimKinds<O, T>,
  owner: O,
  orphans: readonly T[],
): Promise<void> {
  if (orphans.length === 0) return;
  const fresh = await kinds.client.get(kinds.ownerKind, keyOf(owner));
  if (fresh?.metadata.uid !== owner.metadata.uid || fresh?.metadata.deletionTimestamp !== undefined) return;
  const reference = ownerReferenceTo(kinds.ownerKind, owner);
  for (const object of orphans) await patchOwners(kinds, object, reference);
}

export async function releaseAll<O extends KubeObject, T extends KubeObject>(
  kinds: ClaimKinds<O, T>,
  owner: O,
  objects: readonly T[],
): Promise<void> {
  for (const object of objects) await patchOwners(kinds, object, { $patch: "delete", uid: owner.metadata.uid });
}

async function patchOwners<O extends KubeObject, T extends KubeObject>(
  { client, kind }: ClaimKinds<O, T>,
  object: T,
  reference: object,
): Promise<void> {
  try {
    await client.patch(kind, keyOf(object), "strategic", { metadata: { ownerReferences: [reference], uid: object.metadata.uid } });
  } catch (error) {
    // Gone, or replaced by another of that name.
    if (!isApiError(error, "NotFound") && !isApiError(error, "Invalid") && !isApiError(error, "Conflict")) throw error;
  }
}

export function keyOf(object: KubeObject): Key {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}
