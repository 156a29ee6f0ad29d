/** What a pod's volume gets where its author said nothing. Upstream: pkg/apis/core/v1/{defaults,zz_generated.defaults}.go */
import type { DownwardAPIVolumeFile, PersistentVolumeSpec, ProjectedVolumeSource, Volume } from "../../../schema/shapes/core.v1.ts";
import { setDivisorDefault } from "./containerDefaults.ts";
import { defaultPullPolicy } from "./imageTag.ts";

const fileMode = 0o644;
const tokenLifetimeSeconds = 3600;
const certificateLifetimeSeconds = 86_400;

export function setVolumeDefaults(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= fileMode;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= fileMode;
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= fileMode;
    setFileDefaults(volume.downwardAPI.items);
  }
  if (volume.projected !== undefined) setProjectedDefaults(volume.projected);
  if (volume.image !== undefined) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  if (volume.ephemeral?.volumeClaimTemplate !== undefined) volume.ephemeral.volumeClaimTemplate.spec.volumeMode ??= "Filesystem";
  setDiskDefaults(volume);
}

/** Sources that volumes and PersistentVolumes have in common. */
export function setDiskDefaults(source: Volume | PersistentVolumeSpec): void {
  if (source.hostPath !== undefined) source.hostPath.type ??= "";
  if (source.iscsi !== undefined) source.iscsi.iscsiInterface ||= "default";
  if (source.rbd !== undefined) {
    source.rbd.pool ||= "rbd";
    source.rbd.user ||= "admin";
    source.rbd.keyring ||= "/etc/ceph/keyring";
  }
  setCloudDiskDefaults(source);
}

function setCloudDiskDefaults(source: Volume | PersistentVolumeSpec): void {
  if (source.scaleIO !== undefined) {
    source.scaleIO.storageMode ||= "ThinProvisioned";
    source.scaleIO.fsType ||= "xfs";
  }
  if (source.azureDisk !== undefined) {
    source.azureDisk.cachingMode ??= "ReadWrite";
    source.azureDisk.kind ??= "Shared";
    source.azureDisk.fsType ??= "ext4";
    source.azureDisk.readOnly ??= false;
  }
}

function setProjectedDefaults(projected: ProjectedVolumeSource): void {
  projected.defaultMode ??= fileMode;
  for (const source of projected.sources) {
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= tokenLifetimeSeconds;
    if (source.podCertificate !== undefined) source.podCertificate.maxExpirationSeconds ??= certificateLifetimeSeconds;
    setFileDefaults(source.downwardAPI?.items);
  }
}

function setFileDefaults(files: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const file of files ?? []) {
    if (file.fieldRef !== undefined) file.fieldRef.apiVersion ||= "v1";
    setDivisorDefault(file.resourceFieldRef);
  }
}

function hasSource(volume: Volume): boolean {
  return Object.entries(volume).some(([field, value]) => field !== "name" && value !== undefined);
}
