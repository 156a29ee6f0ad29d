/** PersistentVolumeClaim. Upstream: pkg/registry/core/persistentvolumeclaim/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { PersistentVolumeClaim } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const persistentVolumeClaim: Kind<PersistentVolumeClaim> = defineKind({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  namespaced: true,
  shortNames: ["pvc"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.PersistentVolumeClaim",
});
