/** ReplicationController. Upstream: pkg/registry/core/replicationcontroller/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ReplicationController } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const replicationController: Kind<ReplicationController> = defineKind({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  namespaced: true,
  shortNames: ["rc"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/core/v1.ReplicationController",
});
