/** StorageClass. Upstream: pkg/registry/storage/storageclass/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { StorageClass } from "../../../schema/shapes/storage.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const storageClass: Kind<StorageClass> = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  namespaced: false,
  shortNames: ["sc"],
  struct: "k8s.io/api/storage/v1.StorageClass",
});
