/** Checks of claims on storage, whole and inside pods. Upstream: pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaimSpec) */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import { dnsLabelProblems, dnsSubdomainProblems } from "../../../machinery/names.ts";
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from "../../../schema/shapes/core.v1.ts";
import { dnsSubdomain, optionalOneOf, problemsAt } from "../../fieldChecks.ts";
import { validateAnnotations, validateLabels, validateLabelSelector } from "../../meta/v1/labels.ts";
import { positiveQuantity } from "./resourceValidation.ts";

const accessModes: readonly string[] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
export const volumeModes: readonly string[] = ["Block", "Filesystem"];

export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, at: Path): FieldError[] {
  const metaAt = at.child("metadata");
  const odd = Object.entries(metadata ?? {}).filter(
    ([field, value]) => value !== undefined && field !== "labels" && field !== "annotations",
  );
  return [
    ...validateAnnotations(metadata?.annotations, metaAt.child("annotations")),
    ...validateLabels(metadata?.labels, metaAt.child("labels")),
    ...odd.map(([field]) => forbidden(metaAt.child(field), "cannot be set")),
    ...validateClaimSpec(spec, at.child("spec")),
  ];
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: Path): FieldError[] {
  const errors = (spec.accessModes ?? []).length === 0 ? [required(at.child("accessModes"), "at least 1 access mode is required")] : [];
  errors.push(...validateLabelSelector(spec.selector, at.child("selector")), ...validateAccessModes(spec.accessModes, at));
  const storage = spec.resources?.requests?.["storage"];
  const storageAt = at.child("resources").key("storage");
  errors.push(...(storage === undefined ? [required(storageAt)] : positiveQuantity(storage, storageAt)));
  if (spec.storageClassName) errors.push(...dnsSubdomain(spec.storageClassName, at.child("storageClassName")));
  errors.push(...optionalOneOf(spec.volumeMode, volumeModes, at.child("volumeMode")), ...validateSources(spec, at));
  if (spec.volumeAttributesClassName) {
    errors.push(...dnsSubdomain(spec.volumeAttributesClassName, at.child("volumeAttributesClassName")));
  }
  return errors;
}

export function validateAccessModes(modes: readonly string[] = [], at: Path): FieldError[] {
  const here = at.child("accessModes");
  const errors = modes.filter((mode) => !accessModes.includes(mode)).map((mode) => notSupported(here, mode, accessModes));
  const mixed = modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod" && accessModes.includes(mode));
  return mixed ? [...errors, forbidden(here, "may not use ReadWriteOncePod with other access modes")] : errors;
}

function validateSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (dataSource !== undefined) errors.push(...validateSource(dataSource, at.child("dataSource")));
  if (dataSourceRef === undefined) return errors;
  const refAt = at.child("dataSourceRef");
  errors.push(...validateSource(dataSourceRef, refAt));
  const { namespace = "" } = dataSourceRef;
  if (namespace !== "") errors.push(...problemsAt(refAt.child("namespace"), namespace, dnsLabelProblems(namespace)));
  if (dataSource === undefined) return errors;
  if (namespace !== "")
    errors.push(invalid(at, String(at.child("dataSource")), "may not be specified when dataSourceRef.namespace is specified"));
  else if (!sameSource(dataSource, dataSourceRef)) errors.push(invalid(at, String(at.child("dataSource")), "must match dataSourceRef"));
  return errors;
}

function validateSource({ name, kind, apiGroup = "" }: TypedLocalObjectReference, at: Path): FieldError[] {
  const errors = name === "" ? [required(at.child("name"))] : [];
  if (kind === "") errors.push(required(at.child("kind")));
  if (apiGroup === "" && kind !== "PersistentVolumeClaim") {
    errors.push(invalid(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  }
  return apiGroup === "" ? errors : [...errors, ...problemsAt(at.child("apiGroup"), apiGroup, dnsSubdomainProblems(apiGroup))];
}

function sameSource(a: TypedLocalObjectReference, b: TypedObjectReference): boolean {
  return a.apiGroup === b.apiGroup && a.kind === b.kind && a.name === b.name;
}
