/**
 * What storage that comes from elsewhere can't do without, in pods' volumes and in PersistentVolumes.
 * Upstream: pkg/apis/core/validation/validation.go (validateNFSVolumeSource and its neighbours)
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid, required, tooLong } from "../../../machinery/fieldErrors.ts";
import { dnsSubdomainProblems } from "../../../machinery/names.ts";
import type { PersistentVolumeSpec, Volume } from "../../../schema/shapes/core.v1.ts";
import { present, problemsAt } from "../../fieldChecks.ts";
import { noBacksteps } from "./pathValidation.ts";

const neededFields: Readonly<Record<string, readonly string[]>> = {
  gcePersistentDisk: ["pdName"],
  awsElasticBlockStore: ["volumeID"],
  nfs: ["server", "path"],
  iscsi: ["targetPortal", "iqn"],
  glusterfs: ["endpoints", "path"],
  persistentVolumeClaim: ["claimName"],
  rbd: ["monitors", "image"],
  flexVolume: ["driver"],
  cinder: ["volumeID"],
  cephfs: ["monitors"],
  azureFile: ["secretName", "shareName"],
  azureDisk: ["diskName", "diskURI"],
  vsphereVolume: ["volumePath"],
  quobyte: ["registry", "volume"],
  photonPersistentDisk: ["pdID"],
  portworxVolume: ["volumeID"],
  scaleIO: ["gateway", "system", "volumeName"],
  storageos: ["volumeName"],
  local: ["path"],
};

/** `kind`: the field of `volume` that is set. `at`: the path of the volume. */
export function validateDiskSource(volume: Volume | PersistentVolumeSpec, kind: string, at: Path): FieldError[] {
  const source = ((volume as unknown as Record<string, unknown>)[kind] ?? {}) as Record<string, string | readonly string[] | undefined>;
  const here = at.child(kind === "gcePersistentDisk" ? "persistentDisk" : kind);
  const errors = (neededFields[kind] ?? []).flatMap((field) => present(source[field], here.child(field)));
  if (volume.nfs !== undefined && kind === "nfs" && !volume.nfs.path.startsWith("/")) {
    errors.push(invalid(here.child("path"), volume.nfs.path, "must be an absolute path"));
  }
  if ("local" in volume && volume.local !== undefined) errors.push(...noBacksteps(volume.local.path, here.child("path")));
  if (volume.csi !== undefined && kind === "csi") errors.push(...validateDriverName(volume.csi.driver, here.child("driver")));
  return errors;
}

const maxDriverLength = 63;

export function validateDriverName(driver: string, at: Path): FieldError[] {
  const errors = driver === "" ? [required(at)] : [];
  if (driver.length > maxDriverLength) errors.push(tooLong(at, driver, maxDriverLength));
  return [...errors, ...problemsAt(at, driver, dnsSubdomainProblems(driver.toLowerCase()))];
}
