/** VolumeAttachment: that a volume is to be attached to a node. Upstream: pkg/registry/storage/volumeattachment/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentStatus } from "../../../schema/shapes/storage.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { validateDriverName } from "../../core/v1/diskSources.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { dnsSubdomain, dnsSubdomainName, immutable } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";

export const volumeAttachment: Kind<VolumeAttachment> = defineKind<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  namespaced: false,
  subresources: ["status"],
  struct: "k8s.io/api/storage/v1.VolumeAttachment",
  ...ownStatus<VolumeAttachment, VolumeAttachmentStatus>(() => ({ attached: false })),
  ...checkedWithMeta<VolumeAttachment>(
    { namespaced: false, name: dnsSubdomainName },
    ({ spec }, at) => [
      ...validateDriverName(spec.attacher, at.child("spec", "attacher")),
      ...validateSource(spec.source, at.child("spec", "source")),
      ...dnsSubdomain(spec.nodeName, at.child("spec", "nodeName")),
    ],
    (next, previous, at) => immutable(next.spec, previous.spec, at.child("spec")),
  ),
  columns: [
    column("Attacher", "Who attaches it", ({ spec }) => spec.attacher),
    column("PV", "The volume", ({ spec }) => spec.source.persistentVolumeName ?? ""),
    column("Node", "The node", ({ spec }) => spec.nodeName),
    column("Attached", "Whether it is done", ({ status }) => status?.attached ?? false),
    ageColumn(),
  ],
});

function validateSource({ persistentVolumeName, inlineVolumeSpec }: VolumeAttachmentSource, at: Path): FieldError[] {
  if (persistentVolumeName !== undefined && inlineVolumeSpec !== undefined) {
    return [invalid(at, { persistentVolumeName }, "may not specify both persistentVolumeName and inlineVolumeSpec")];
  }
  if (persistentVolumeName === undefined) {
    return inlineVolumeSpec === undefined ? [required(at, "must specify exactly one of inlineVolumeSpec and persistentVolumeName")] : [];
  }
  return persistentVolumeName === "" ? [required(at.child("persistentVolumeName"), "must specify non empty persistentVolumeName")] : [];
}
