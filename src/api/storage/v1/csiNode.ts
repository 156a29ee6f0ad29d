/** CSINode. Upstream: pkg/registry/storage/csinode/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { CSINode } from "../../../schema/shapes/storage.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const csiNode: Kind<CSINode> = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
  struct: "k8s.io/api/storage/v1.CSINode",
});
