/** Checks of where containers mount their volumes. Upstream: pkg/apis/core/validation/validation.go (ValidateVolumeMounts) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notFound, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { Container, Volume, VolumeDevice, VolumeMount } from "../../../schema/shapes/core.v1.ts";
import { noBacksteps, validateDescendingPath } from "./pathValidation.ts";

type Volumes = ReadonlyMap<string, Volume>;

export function validateMounts(container: Container, volumes: Volumes, at: Path): FieldError[] {
  const devices = container.volumeDevices ?? [];
  const deviceNames = new Set(devices.map(({ name }) => name));
  const devicePaths = new Set(devices.map(({ devicePath }) => devicePath));
  const taken = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, i) => {
    const nameAt = at.index(i).child("name");
    const pathAt = at.index(i).child("mountPath");
    const errors: FieldError[] = [];
    if (mount.name === "") errors.push(required(nameAt));
    if (!volumes.has(mount.name)) errors.push(notFound(nameAt, mount.name));
    if (mount.mountPath === "") errors.push(required(pathAt));
    if (taken.has(mount.mountPath)) errors.push(invalid(pathAt, mount.mountPath, "must be unique"));
    taken.add(mount.mountPath);
    if (deviceNames.has(mount.name)) errors.push(invalid(nameAt, mount.name, "must not already exist in volumeDevices"));
    if (devicePaths.has(mount.mountPath)) {
      errors.push(invalid(pathAt, mount.mountPath, "must not already exist as a path in volumeDevices"));
    }
    return [...errors, ...validateSubPath(mount, at, at.index(i)), ...validatePropagation(mount, container, at)];
  });
}

/** Upstream gives these the path of the list, not of the mount. */
function validateSubPath({ subPath = "", subPathExpr = "" }: VolumeMount, listAt: Path, at: Path): FieldError[] {
  const errors = subPath === "" ? [] : validateDescendingPath(subPath, listAt.child("subPath"));
  if (subPathExpr === "") return errors;
  if (subPath !== "") errors.push(invalid(at.child("subPathExpr"), subPathExpr, "subPathExpr and subPath are mutually exclusive"));
  return [...errors, ...validateDescendingPath(subPathExpr, listAt.child("subPathExpr"))];
}

const propagations: readonly string[] = ["Bidirectional", "HostToContainer", "None"];
const recursions: readonly string[] = ["Disabled", "Enabled", "IfPossible"];

function validatePropagation(mount: VolumeMount, container: Container, listAt: Path): FieldError[] {
  const at = listAt.child("mountPropagation");
  const errors: FieldError[] = [];
  const { mountPropagation: propagation } = mount;
  if (propagation !== undefined && !propagations.includes(propagation)) errors.push(notSupported(at, propagation, propagations));
  if (propagation === "Bidirectional" && container.securityContext?.privileged !== true) {
    errors.push(forbidden(at, "Bidirectional mount propagation is available only to privileged containers"));
  }
  return [...errors, ...validateRecursion(mount, listAt.child("recursiveReadOnly"))];
}

function validateRecursion({ recursiveReadOnly: recursion, readOnly, mountPropagation = "None" }: VolumeMount, at: Path): FieldError[] {
  if (recursion === undefined || recursion === "Disabled") return [];
  if (!recursions.includes(recursion)) return [notSupported(at, recursion, recursions)];
  const errors = readOnly === true ? [] : [forbidden(at, "may only be specified when readOnly is true")];
  if (mountPropagation === "None") return errors;
  return [...errors, forbidden(at, "may only be specified when mountPropagation is None or not specified")];
}

export function validateDevices(container: Container, volumes: Volumes, at: Path): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  const taken = { names: new Set<string>(), paths: new Set<string>() };
  return (container.volumeDevices ?? []).flatMap((device, i) => [
    ...validateDeviceName(device, volumes, taken.names, at.index(i).child("name")),
    ...validateDevicePath(device, taken.paths, at.index(i).child("devicePath")),
    ...validateOverlap(device, mounts, at.index(i)),
  ]);
}

function validateDeviceName({ name }: VolumeDevice, volumes: Volumes, taken: Set<string>, at: Path): FieldError[] {
  const errors = name === "" ? [required(at)] : [];
  const volume = volumes.get(name);
  if (taken.has(name)) errors.push(invalid(at, name, "must be unique"));
  if (volume === undefined) errors.push(notFound(at, name));
  else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
    errors.push(invalid(at, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"));
  }
  if (name !== "") taken.add(name);
  return errors;
}

function validateDevicePath({ devicePath }: VolumeDevice, taken: Set<string>, at: Path): FieldError[] {
  const errors = devicePath === "" ? [required(at)] : [];
  if (taken.has(devicePath)) errors.push(invalid(at, devicePath, "must be unique"));
  if (noBacksteps(devicePath, at).length > 0) errors.push(invalid(at, devicePath, "can not contain backsteps ('..')"));
  else taken.add(devicePath);
  return errors;
}

function validateOverlap({ name, devicePath }: VolumeDevice, mounts: readonly VolumeMount[], at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (mounts.some((mount) => mount.name === name)) errors.push(invalid(at.child("name"), name, "must not already exist in volumeMounts"));
  if (mounts.some((mount) => mount.mountPath === devicePath)) {
    errors.push(invalid(at.child("devicePath"), devicePath, "must not already exist as a path in volumeMounts"));
  }
  return errors;
}
