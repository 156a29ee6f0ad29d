/** StorageClass: a sort of storage, made on demand. Upstream: pkg/registry/storage/storageclass/strategy.go, pkg/apis/storage/validation */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { duplicate, forbidden, invalid, required, tooLong } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import { labelKeyProblems } from "../../../machinery/names.ts";
import type { TopologySelectorTerm } from "../../../schema/shapes/core.v1.ts";
import type { StorageClass } from "../../../schema/shapes/storage.v1.ts";
import { ageColumn, column, nameColumn } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, immutable, oneOf, present, problemsAt, qualifiedName, requiredOneOf } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";

const defaultKeys = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
const maxParameters = 512;
const maxParametersBytes = 256 * 1024;

export const storageClass: Kind<StorageClass> = defineKind<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  namespaced: false,
  shortNames: ["sc"],
  struct: "k8s.io/api/storage/v1.StorageClass",
  setDefaults(object) {
    object.reclaimPolicy ??= "Delete";
    object.volumeBindingMode ??= "Immediate";
  },
  ...checkedWithMeta<StorageClass>({ namespaced: false, name: dnsSubdomainName }, validate, validateChange),
  columns: [
    nameColumn(nameText),
    column("Provisioner", "Who makes the storage", ({ provisioner }) => provisioner),
    column("ReclaimPolicy", "What becomes of it after its claim", ({ reclaimPolicy }) => reclaimPolicy ?? "Delete"),
    column("VolumeBindingMode", "When it is made", ({ volumeBindingMode }) => volumeBindingMode ?? "<unset>"),
    column("AllowVolumeExpansion", "Whether it may grow", ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false),
    ageColumn(),
  ],
});

function nameText({ metadata }: StorageClass): string {
  const isDefault = defaultKeys.some((key) => metadata.annotations?.[key] === "true");
  return isDefault ? `${metadata.name} (default)` : metadata.name || "";
}

function validate(object: StorageClass, at: Path): FieldError[] {
  const { provisioner, parameters = {}, reclaimPolicy = "", volumeBindingMode, allowedTopologies = [] } = object;
  const provisionerAt = at.child("provisioner");
  const errors = provisioner === "" ? [required(provisionerAt)] : [];
  if (provisioner !== "") errors.push(...problemsAt(provisionerAt, provisioner, labelKeyProblems(provisioner.toLowerCase())));
  errors.push(...validateParameters(parameters, at.child("parameters")));
  if (reclaimPolicy !== "") errors.push(...oneOf(reclaimPolicy, ["Delete", "Retain"], at.child("reclaimPolicy")));
  errors.push(...requiredOneOf(volumeBindingMode, ["Immediate", "WaitForFirstConsumer"], at.child("volumeBindingMode")));
  return [...errors, ...allowedTopologies.flatMap((term, i) => validateTopology(term, at.child("allowedTopologies").index(i)))];
}

/** Also of volume attributes classes. */
export function validateParameters(parameters: Readonly<Record<string, string>>, at: Path): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > maxParameters) return [tooLong(at, "", maxParameters)];
  const errors = Object.hasOwn(parameters, "") ? [invalid(at, "", "field can not be empty.")] : [];
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return size > maxParametersBytes ? [...errors, tooLong(at, "", maxParametersBytes)] : errors;
}

function validateTopology({ matchLabelExpressions = [] }: TopologySelectorTerm, at: Path): FieldError[] {
  const keys = new Set<string>();
  return matchLabelExpressions.flatMap(({ key, values }, i) => {
    const here = at.child("matchLabelExpressions").index(i);
    const errors = present(values, here.child("values"));
    const twice = values.flatMap((value, v) => (values.indexOf(value) < v ? [duplicate(here.child("values").index(v), value)] : []));
    errors.push(...twice, ...qualifiedName(key, here.child("key")));
    if (keys.has(key)) errors.push(duplicate(here.child("key"), key));
    keys.add(key);
    return errors;
  });
}

function validateChange(next: StorageClass, previous: StorageClass, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (!semanticEqual(next.parameters, previous.parameters)) {
    errors.push(forbidden(at.child("parameters"), "updates to parameters are forbidden."));
  }
  if (next.provisioner !== previous.provisioner) {
    errors.push(forbidden(at.child("provisioner"), "updates to provisioner are forbidden."));
  }
  if (next.reclaimPolicy !== previous.reclaimPolicy) {
    errors.push(forbidden(at.child("reclaimPolicy"), "updates to reclaimPolicy are forbidden."));
  }
  return [...errors, ...immutable(next.volumeBindingMode, previous.volumeBindingMode, at.child("volumeBindingMode"))];
}
