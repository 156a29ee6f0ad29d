/** PersistentVolume. Upstream: pkg/registry/core/persistentvolume/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { PersistentVolume } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const persistentVolume: Kind<PersistentVolume> = defineKind({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
  shortNames: ["pv"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.PersistentVolume",
});
