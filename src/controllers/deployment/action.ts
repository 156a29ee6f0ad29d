/** What the controller can do about a Deployment's ReplicaSets. Pods are the ReplicaSets' business. */
import type { ReplicaSet } from "../../schema/shapes/apps.v1.ts";

export type Action =
  | { readonly type: "create"; readonly replicaSet: ReplicaSet }
  /** Brings the current ReplicaSet's annotations and minReadySeconds up to date. */
  | { readonly type: "annotate"; readonly replicaSet: ReplicaSet; readonly annotations: Readonly<Record<string, string>> }
  /** Also to the number that it has: then only to remember what it is scaled for. */
  | { readonly type: "scale"; readonly replicaSet: ReplicaSet; readonly replicas: number }
  | { readonly type: "delete"; readonly replicaSet: ReplicaSet };
