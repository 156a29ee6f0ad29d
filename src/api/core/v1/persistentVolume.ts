/** PersistentVolume: storage that outlives pods. Upstream: pkg/registry/core/persistentvolume/strategy.go */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { PersistentVolume } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column, wideColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { validateVolume, validateVolumeUpdate } from "./persistentVolumeValidation.ts";
import { accessModesText, storageClassText } from "./storageColumns.ts";
import { setDiskDefaults } from "./volumeDefaults.ts";

const columns: readonly Column<PersistentVolume>[] = [
  column("Capacity", "How much it holds", ({ spec }) => spec.capacity?.["storage"] ?? ""),
  column("Access Modes", "How it may be mounted", ({ spec }) => accessModesText(spec.accessModes)),
  column("Reclaim Policy", "What becomes of it after its claim", ({ spec }) => spec.persistentVolumeReclaimPolicy ?? ""),
  column("Status", "Whether it is taken", ({ metadata, status }) =>
    metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
  ),
  column("Claim", "Who has it", ({ spec: { claimRef } }) => (claimRef ? `${claimRef.namespace ?? ""}/${claimRef.name ?? ""}` : "")),
  column("StorageClass", "What sort it is", ({ metadata, spec }) => storageClassText(metadata.annotations, spec.storageClassName)),
  column("VolumeAttributesClass", "How it is tuned", ({ spec }) => spec.volumeAttributesClassName ?? "<unset>"),
  column("Reason", "Why it is in that state", ({ status }) => status?.reason ?? ""),
  ageColumn(),
  wideColumn("VolumeMode", "File system or block device", ({ spec }) => spec.volumeMode ?? "<unset>"),
];

export const persistentVolume: Kind<PersistentVolume> = defineKind<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
  shortNames: ["pv"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.PersistentVolume",
  setDefaults({ spec, status }) {
    if (status !== undefined) status.phase ||= "Pending";
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    setDiskDefaults(spec);
  },
  prepareForCreate(object) {
    object.status = { phase: "Pending" };
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  columns,
});
