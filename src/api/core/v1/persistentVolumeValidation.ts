/** Checks of PersistentVolumes. Upstream: pkg/apis/core/validation/validation.go (ValidatePersistentVolumeSpec) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { PersistentVolume, PersistentVolumeSpec } from "../../../schema/shapes/core.v1.ts";
import { differences } from "../../differences.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomain, dnsSubdomainName, immutable, oneOf, optionalOneOf } from "../../fieldChecks.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";
import { validateNodeSelector } from "./affinityValidation.ts";
import { validateDiskSource } from "./diskSources.ts";
import { validateAccessModes, volumeModes } from "./persistentVolumeClaimValidation.ts";
import { positiveQuantity } from "./resourceValidation.ts";
import { validateHostPath } from "./volumeValidation.ts";

export function validateVolume({ metadata, spec }: PersistentVolume, at: Path): FieldError[] {
  const errors = validateObjectMeta(metadata, { namespaced: false, name: dnsSubdomainName }, at.child("metadata"));
  return [...errors, ...validateSpec(spec, at.child("spec"))];
}

const reclaimPolicies: readonly string[] = ["Delete", "Recycle", "Retain"];

function validateSpec(spec: PersistentVolumeSpec, at: Path): FieldError[] {
  const errors = (spec.accessModes ?? []).length === 0 ? [required(at.child("accessModes"))] : [];
  errors.push(...validateAccessModes(spec.accessModes, at), ...validateCapacity(spec.capacity ?? {}, at.child("capacity")));
  if (spec.persistentVolumeReclaimPolicy) {
    errors.push(...oneOf(spec.persistentVolumeReclaimPolicy, reclaimPolicies, at.child("persistentVolumeReclaimPolicy")));
  }
  errors.push(...validateSource(spec, at), ...validateNodes(spec, at.child("nodeAffinity")));
  if (spec.hostPath?.path === "/" && spec.persistentVolumeReclaimPolicy === "Recycle") {
    errors.push(forbidden(at.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"));
  }
  if (spec.storageClassName) errors.push(...dnsSubdomain(spec.storageClassName, at.child("storageClassName")));
  return [...errors, ...optionalOneOf(spec.volumeMode, volumeModes, at.child("volumeMode"))];
}

function validateCapacity(capacity: Readonly<Record<string, string>>, at: Path): FieldError[] {
  const names = Object.keys(capacity);
  const errors = names.length === 0 ? [required(at)] : [];
  if (capacity["storage"] === undefined || names.length > 1) errors.push(notSupported(at, capacity, ["storage"]));
  return [...errors, ...Object.entries(capacity).flatMap(([name, amount]) => positiveQuantity(amount, at.key(name)))];
}

const sourceKinds: readonly (keyof PersistentVolumeSpec)[] = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
];

function validateSource(spec: PersistentVolumeSpec, at: Path): FieldError[] {
  const [first, ...others] = sourcesOf(spec);
  if (first === undefined) return [required(at, "must specify a volume type")];
  const errors = others.map((kind) => forbidden(at.child(kind), "may not specify more than 1 volume type"));
  if (first === "hostPath" && spec.hostPath !== undefined) errors.push(...validateHostPath(spec.hostPath, at.child("hostPath")));
  if (first === "csi" && !spec.csi?.volumeHandle) errors.push(required(at.child("csi", "volumeHandle")));
  if (first === "local" && spec.nodeAffinity === undefined) {
    errors.push(required(at.child("nodeAffinity"), "Local volume requires node affinity"));
  }
  return [...validateDiskSource(spec, first, at), ...errors];
}

function sourcesOf(spec: PersistentVolumeSpec): (keyof PersistentVolumeSpec)[] {
  return sourceKinds.filter((kind) => spec[kind] !== undefined);
}

function validateNodes({ nodeAffinity }: PersistentVolumeSpec, at: Path): FieldError[] {
  if (nodeAffinity === undefined) return [];
  const here = at.child("required");
  if (nodeAffinity.required === undefined) return [required(here, "must specify required node constraints")];
  return validateNodeSelector(nodeAffinity.required, here);
}

export function validateVolumeUpdate(next: PersistentVolume, previous: PersistentVolume, at: Path): FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateVolume(next, at),
    ...immutable(next.spec.volumeMode, previous.spec.volumeMode, at.child("volumeMode")),
  ];
  const [now, before] = [sourceOf(next.spec), sourceOf(previous.spec)];
  if (!semanticEqual(now, before)) {
    const what = differences(before, now, "core.PersistentVolumeSource");
    const text = `spec.persistentvolumesource is immutable after creation\n${what}`;
    errors.push(forbidden(at.child("spec", "persistentvolumesource"), text));
  }
  const nodes = previous.spec.nodeAffinity;
  if (nodes === undefined || semanticEqual(nodes, next.spec.nodeAffinity)) return errors;
  const text = "field is immutable, except for updating from beta label to GA";
  return [...errors, invalid(at.child("nodeAffinity"), next.spec.nodeAffinity ?? null, text)];
}

function sourceOf(spec: PersistentVolumeSpec): Record<string, unknown> {
  return Object.fromEntries(sourcesOf(spec).map((kind) => [kind, spec[kind]]));
}
