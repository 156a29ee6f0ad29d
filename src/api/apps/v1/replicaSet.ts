/** ReplicaSet. Upstream: pkg/registry/apps/replicaset/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ReplicaSet } from "../../../schema/shapes/apps.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const replicaSet: Kind<ReplicaSet> = defineKind({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  namespaced: true,
  shortNames: ["rs"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/apps/v1.ReplicaSet",
});
