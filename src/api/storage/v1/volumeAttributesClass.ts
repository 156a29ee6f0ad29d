/** VolumeAttributesClass. Upstream: pkg/registry/storage/volumeattributesclass/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { VolumeAttributesClass } from "../../../schema/shapes/storage.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const volumeAttributesClass: Kind<VolumeAttributesClass> = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  namespaced: false,
  shortNames: ["vac"],
  struct: "k8s.io/api/storage/v1.VolumeAttributesClass",
});
