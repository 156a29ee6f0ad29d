/** VolumeAttachment. Upstream: pkg/registry/storage/volumeattachment/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { VolumeAttachment } from "../../../schema/shapes/storage.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const volumeAttachment: Kind<VolumeAttachment> = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  namespaced: false,
  subresources: ["status"],
  struct: "k8s.io/api/storage/v1.VolumeAttachment",
});
