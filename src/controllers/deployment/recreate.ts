/** Recreate: all old pods gone, then all new ones. Upstream: pkg/controller/deployment/recreate.go */
import type { Action } from "./action.ts";
import type { Observed } from "./observe.ts";
import { isActive, wantedReplicas } from "./replicas.ts";
import { newReplicaSetFor } from "./revisions.ts";

export function planRecreate({ deployment, current, old, oldPodsRunning }: Observed): Action[] {
  const active = old.filter(isActive);
  if (active.length > 0) return active.map((replicaSet) => ({ type: "scale", replicaSet, replicas: 0 }));
  if (oldPodsRunning) return [];
  const replicas = wantedReplicas(deployment);
  if (current === undefined) {
    const bare = newReplicaSetFor(deployment, old);
    return [{ type: "create", replicaSet: { ...bare, spec: { ...bare.spec, replicas } } }];
  }
  return wantedReplicas(current) === replicas ? [] : [{ type: "scale", replicaSet: current, replicas }];
}
