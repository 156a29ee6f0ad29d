/** PersistentVolumeClaim: asks for storage. Upstream: pkg/registry/core/persistentvolumeclaim/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden } from "../../../machinery/fieldErrors.ts";
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column, wideColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { differences } from "../../differences.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, immutable } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateClaimSpec } from "./persistentVolumeClaimValidation.ts";
import { amountOf } from "./resourceValidation.ts";
import { accessModesText, storageClassText } from "./storageColumns.ts";

const columns: readonly Column<PersistentVolumeClaim>[] = [
  column("Status", "Whether it has storage", ({ metadata, status }) =>
    metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
  ),
  column("Volume", "The storage that it has", ({ spec }) => spec.volumeName ?? ""),
  column("Capacity", "How much that holds", ({ spec, status }) => (spec.volumeName ? (status?.capacity?.["storage"] ?? "0") : "")),
  column("Access Modes", "How it may be mounted", ({ spec, status }) => (spec.volumeName ? accessModesText(status?.accessModes) : "")),
  column("StorageClass", "What sort is asked for", ({ metadata, spec }) => storageClassText(metadata.annotations, spec.storageClassName)),
  column("VolumeAttributesClass", "How it is to be tuned", ({ spec }) => spec.volumeAttributesClassName ?? "<unset>"),
  ageColumn(),
  wideColumn("VolumeMode", "File system or block device", ({ spec }) => spec.volumeMode ?? "<unset>"),
];

export const persistentVolumeClaim: Kind<PersistentVolumeClaim> = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  namespaced: true,
  shortNames: ["pvc"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.PersistentVolumeClaim",
  setDefaults({ spec, status }) {
    if (status !== undefined) status.phase ||= "Pending";
    spec.volumeMode ??= "Filesystem";
  },
  prepareForCreate(object) {
    object.status = { phase: "Pending" };
    alignSources(object.spec);
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
    alignSources(next.spec);
  },
  ...checkedWithMeta<PersistentVolumeClaim>(
    { namespaced: true, name: dnsSubdomainName },
    ({ spec }, at) => validateClaimSpec(spec, at.child("spec")),
    validateChange,
  ),
  columns,
});

/** `dataSource` is the older, narrower name of `dataSourceRef`. */
function alignSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef === undefined || dataSource !== undefined || dataSourceRef.namespace) return;
  const { namespace: _namespace, ...rest } = dataSourceRef;
  spec.dataSource = rest;
}

/** Once bound it may grow, and be tuned; nothing else. */
function validateChange(next: PersistentVolumeClaim, previous: PersistentVolumeClaim, at: Path): FieldError[] {
  const specAt = at.child("spec");
  const masked: PersistentVolumeClaimSpec = { ...next.spec, volumeAttributesClassName: previous.spec.volumeAttributesClassName };
  if (!previous.spec.volumeName) masked.volumeName = undefined;
  if (previous.spec.storageClassName === undefined) masked.storageClassName = undefined;
  if (next.status?.phase === "Bound") masked.resources = previous.spec.resources;
  const errors: FieldError[] = [];
  if (!semanticEqual(masked, previous.spec)) {
    const text = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    errors.push(forbidden(specAt, `${text}\n${differences(previous.spec, masked, "core.PersistentVolumeClaimSpec")}`));
  }
  if (
    storageOf(next).compare(storageOf(previous)) < 0 &&
    storageOf(next).compare(amountOf(next.status?.capacity?.["storage"] ?? "0")) <= 0
  ) {
    errors.push(forbidden(specAt.child("resources", "requests", "storage"), "field can not be less than status.capacity"));
  }
  return [...errors, ...immutable(next.spec.volumeMode, previous.spec.volumeMode, at.child("volumeMode"))];
}

function storageOf({ spec }: PersistentVolumeClaim): ReturnType<typeof amountOf> {
  return amountOf(spec.resources?.requests?.["storage"] ?? "0");
}
