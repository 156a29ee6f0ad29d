/** A PersistentVolumeClaim, or a template of one. Upstream: kubectl/pkg/describe/describe.go (printPersistentVolumeClaim) */
import { accessModesText, storageClassText } from "../../api/core/v1/storageColumns.ts";
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
  PersistentVolumeClaimTemplate,
} from "../../schema/shapes/core.v1.ts";
import type { Page } from "./page.ts";
import { listText, putMarks, putPlace, quantityText, since } from "./parts.ts";

/** Of a volume, a claim or a template of one. */
export function storageClassOf({
  metadata,
  spec,
}: {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly spec?: { readonly storageClassName?: string | undefined } | undefined;
}): string {
  return storageClassText(metadata?.annotations, spec?.storageClassName);
}

/** `full`: the claim itself; else a template, without name, status and finalizers. `now` is needed for a full one. */
export function putClaim(page: Page, claim: PersistentVolumeClaim | PersistentVolumeClaimTemplate, full: boolean, now = 0): void {
  const { metadata, spec } = claim;
  const status = "status" in claim ? claim.status : undefined;
  if (full) {
    putPlace(page, metadata);
  }
  page.field(0, "StorageClass", storageClassOf(claim));
  if (full) page.field(0, "Status", stateText(claim as PersistentVolumeClaim, now));
  page.field(0, "Volume", spec?.volumeName);
  putMarks(page, metadata);
  if (full) page.field(0, "Finalizers", listText(metadata?.finalizers));
  putGranted(page, spec ?? {}, status ?? {});
}

/** The phase of a claim or volume, or since when it is being deleted. */
export function stateText({ metadata, status }: PersistentVolumeClaim | PersistentVolume, now: number): string {
  const deleted = metadata.deletionTimestamp;
  return deleted === undefined ? (status?.phase ?? "") : `Terminating (lasts ${since(deleted, now)})`;
}

function putGranted(
  page: Page,
  { volumeName = "", volumeMode, dataSource }: PersistentVolumeClaimSpec,
  { capacity, accessModes }: PersistentVolumeClaimStatus,
): void {
  const bound = volumeName !== "";
  page.field(0, "Capacity", bound ? quantityText(capacity?.["storage"]) : "");
  page.field(0, "Access Modes", bound ? accessModesText(accessModes) : "");
  page.given(0, "VolumeMode", volumeMode);
  if (dataSource === undefined) return;
  page.line(0, "DataSource:");
  page.given(1, "APIGroup", dataSource.apiGroup);
  page.field(1, "Kind", dataSource.kind);
  page.field(1, "Name", dataSource.name);
}
