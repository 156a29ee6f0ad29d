/** CSIStorageCapacity. Upstream: pkg/registry/storage/csistoragecapacity/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { CSIStorageCapacity } from "../../../schema/shapes/storage.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const csiStorageCapacity: Kind<CSIStorageCapacity> = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  namespaced: true,
  struct: "k8s.io/api/storage/v1.CSIStorageCapacity",
});
