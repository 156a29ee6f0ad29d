/** What the kubelets of one process share beside their informers; it ends with the last of them. */
import type { InformerFactory } from "../client/informer.ts";
import { Gate } from "./gate.ts";
import { ReferencedObjects, type StoreDeps } from "./objects/referenced.ts";

/** Status writes on their way at a time, so that thousands of simulated pods don't crowd out everybody else at the API server. */
const maxStatusWrites = 40;

export interface Shared extends Disposable {
  /** Resolves when the informers that kubelets read have their first list. */
  synced(): Promise<void>;
  readonly objects: ReferencedObjects;
  readonly statusWrites: Gate;
}

interface Counted {
  readonly objects: ReferencedObjects;
  readonly statusWrites: Gate;
  users: number;
  synced: Promise<void> | undefined;
}
const all = new WeakMap<InformerFactory, Counted>();

/** Of the kubelets over the same informers. */
export function shared(informers: InformerFactory, deps: StoreDeps): Shared {
  const counted = all.get(informers) ?? {
    objects: new ReferencedObjects(deps),
    statusWrites: new Gate(maxStatusWrites),
    users: 0,
    synced: undefined,
  };
  all.set(informers, counted);
  counted.users += 1;
  return {
    objects: counted.objects,
    statusWrites: counted.statusWrites,
    synced() {
      counted.synced ??= informers.synced();
      return counted.synced;
    },
    [Symbol.dispose]() {
      counted.users -= 1;
      if (counted.users > 0) return;
      all.delete(informers);
      counted.objects[Symbol.dispose]();
    },
  };
}
