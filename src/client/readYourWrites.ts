/**
 * A client whose writes are in the caches when the call returns. A loop that reads a cache then never acts on a state from before its own last
 * action, which is what upstream's expectations are for. The reflector brings the same change a moment later and the cache recognises it.
 */
import type { KindRef, KubeObject } from "../machinery/kind.ts";
import type { Client, Key } from "./client.ts";

/** The side of an informer that takes news of our own writes. */
export interface WriteObserver<T extends KubeObject> {
  get(key: Key): T | undefined;
  observe(object: T): void;
  observeDeletion(key: Key, uid: string): void;
}

export function clientThatInforms(client: Client, observerOf: (kind: KindRef) => WriteObserver<KubeObject> | undefined): Client {
  const seen = async <T extends KubeObject>(kind: KindRef<T>, write: Promise<T>): Promise<T> => {
    const object = await write;
    // Sub-resources such as scale answer with another kind.
    if (object.kind === kind.kind && object.metadata.uid !== undefined) observerOf(kind)?.observe(object);
    return object;
  };
  const remove: Client["deleteObject"] = async (kind, key, options) => {
    const outcome = await client.deleteObject(kind, key, options);
    const observer = observerOf(kind);
    const askedUid = options?.preconditions?.uid;
    if (outcome.state === "terminating") observer?.observe(outcome.object);
    else if (outcome.state === "deleted") observer?.observeDeletion(key, outcome.uid);
    else if (askedUid !== undefined) observer?.observeDeletion(key, askedUid);
    return outcome;
  };
  return {
    get: (kind, key) => client.get(kind, key),
    list: (kind, options) => client.list(kind, options),
    watch: (kind, options) => client.watch(kind, options),
    create: (kind, object) => seen(kind, client.create(kind, object)),
    update: (kind, object, subresource) => seen(kind, client.update(kind, object, subresource)),
    updateStatus: (kind, object) => seen(kind, client.updateStatus(kind, object)),
    patch: (kind, ...rest) => seen(kind, client.patch(kind, ...rest)),
    deleteObject: remove,
    delete: async (kind, key, options) => (await remove(kind, key, options)).state !== "absent",
    createSub: (kind, key, subresource, body) => client.createSub(kind, key, subresource, body),
  };
}
