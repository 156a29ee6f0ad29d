/**
 * Checks of the metadata that every object has, on creation and on update.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go, and pkg/apis/core/validation for finalizers
 */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, required, tooLong } from "../../../machinery/fieldErrors.ts";
import { goQuote } from "../../../machinery/goText.ts";
import { dnsLabelProblems } from "../../../machinery/names.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "../../../schema/shapes/meta.v1.ts";
import { immutable, type NameRule, nonNegative, problemsAt, qualifiedName } from "../../fieldChecks.ts";
import { validateAnnotations, validateLabels } from "./labels.ts";

const orphanFinalizer = "orphan";
const foregroundFinalizer = "foregroundDeletion";
const plainFinalizers: readonly string[] = ["kubernetes", orphanFinalizer, foregroundFinalizer];
const maxManagerLength = 128;
const maxSubresourceLength = 256;

export interface MetaRules {
  readonly namespaced: boolean;
  readonly name: NameRule;
}

/** For a new object, whose name has been made up already where only a prefix was given. `at`: the path of `metadata`. */
export function validateObjectMeta(meta: ObjectMeta, rules: MetaRules, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) errors.push(...problemsAt(at.child("generateName"), meta.generateName, rules.name(meta.generateName, true)));
  if (!meta.name) errors.push(required(at.child("name"), "name or generateName is required"));
  else errors.push(...problemsAt(at.child("name"), meta.name, rules.name(meta.name, false)));
  return [
    ...errors,
    ...validateNamespace(meta.namespace ?? "", rules.namespaced, at.child("namespace")),
    ...nonNegative(meta.generation, at.child("generation")),
    ...validateCommon(meta, at),
  ];
}

/** What may not change, and the form of what may. */
export function validateObjectMetaUpdate(next: ObjectMeta, previous: ObjectMeta, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (previous.deletionTimestamp !== undefined) errors.push(...noNewFinalizers(next, previous, at.child("finalizers")));
  if (!next.resourceVersion)
    errors.push(invalid(at.child("resourceVersion"), next.resourceVersion ?? "", "must be specified for an update"));
  if ((next.generation ?? 0) < (previous.generation ?? 0)) {
    errors.push(invalid(at.child("generation"), next.generation ?? 0, "must not be decremented"));
  }
  for (const field of fixedTexts) errors.push(...immutable(next[field] ?? "", previous[field] ?? "", at.child(field)));
  for (const field of fixedFields) errors.push(...immutable(next[field], previous[field], at.child(field)));
  return [...errors, ...validateCommon(next, at)];
}

const fixedTexts = ["name", "namespace", "uid"] as const;
const fixedFields = ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

function validateNamespace(namespace: string, namespaced: boolean, at: Path): FieldError[] {
  if (!namespaced) return namespace === "" ? [] : [forbidden(at, "not allowed on this type")];
  return namespace === "" ? [required(at)] : problemsAt(at, namespace, dnsLabelProblems(namespace));
}

function validateCommon(meta: ObjectMeta, at: Path): FieldError[] {
  return [
    ...validateLabels(meta.labels, at.child("labels")),
    ...validateAnnotations(meta.annotations, at.child("annotations")),
    ...validateOwners(meta.ownerReferences ?? [], at.child("ownerReferences")),
    ...validateFinalizers(meta.finalizers ?? [], at.child("finalizers")),
    ...(meta.managedFields ?? []).flatMap((entry, i) => validateManagedFields(entry, at.child("managedFields").index(i))),
  ];
}

function validateOwners(owners: readonly OwnerReference[], at: Path): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of owners) {
    errors.push(...validateOwner(owner, at));
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
    if (controller === undefined) controller = name;
    else errors.push(invalid(at, owners, text));
  }
  return errors;
}

function validateOwner(owner: OwnerReference, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const parts = owner.apiVersion.split("/");
  const version = parts.length > 2 ? "" : (parts.at(-1) ?? "");
  if (version === "") errors.push(invalid(at.child("apiVersion"), owner.apiVersion, "version must not be empty"));
  for (const field of ["kind", "name", "uid"] as const) {
    if (owner[field] === "") errors.push(invalid(at.child(field), "", "must not be empty"));
  }
  if (owner.apiVersion === "v1" && owner.kind === "Event") {
    errors.push(invalid(at, owner, "/v1, Kind=Event is disallowed from being an owner"));
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[], at: Path): FieldError[] {
  const errors = finalizers.flatMap((finalizer) => qualifiedName(finalizer, at));
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    errors.push(invalid(at, finalizers, `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`));
  }
  return [...errors, ...finalizers.flatMap((finalizer, i) => validateFinalizerKind(finalizer, at.index(i)))];
}

/** Without a prefix, only the built-in ones. */
export function validateFinalizerKind(finalizer: string, at: Path): FieldError[] {
  if (finalizer.includes("/") || plainFinalizers.includes(finalizer)) return [];
  return [invalid(at, finalizer, "name is neither a standard finalizer name nor is it fully qualified")];
}

function noNewFinalizers(next: ObjectMeta, previous: ObjectMeta, at: Path): FieldError[] {
  const extra = (next.finalizers ?? []).filter((finalizer) => !(previous.finalizers ?? []).includes(finalizer));
  if (extra.length === 0) return [];
  const list = `[]string{${[...new Set(extra)].sort().map(goQuote).join(", ")}}`;
  return [forbidden(at, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`)];
}

function validateManagedFields(entry: ManagedFieldsEntry, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { operation = "", fieldsType = "", manager = "", subresource = "" } = entry;
  if (operation !== "Apply" && operation !== "Update") {
    errors.push(invalid(at.child("operation"), operation, "must be `Apply` or `Update`"));
  }
  if (fieldsType !== "" && fieldsType !== "FieldsV1") errors.push(invalid(at.child("fieldsType"), fieldsType, "must be `FieldsV1`"));
  if (manager.length > maxManagerLength) errors.push(tooLong(at.child("manager"), manager, maxManagerLength));
  if (subresource.length > maxSubresourceLength) errors.push(tooLong(at.child("subresource"), subresource, maxSubresourceLength));
  return errors;
}
