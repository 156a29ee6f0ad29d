/**
 * What holds for the metadata of every object, whatever its kind. The format of names is each kind's own rule.
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
 */
import type { FieldError } from "../../machinery/field.ts";
import { forbidden, invalid, required, tooLong } from "../../machinery/fieldErrors.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { dnsLabelProblems, labelKeyProblems, labelValueProblems } from "../../machinery/names.ts";
import type { ObjectMeta, OwnerReference } from "../../schema/shapes/meta.v1.ts";

const maxAnnotationBytes = 256 * 1024;
const encoder = new TextEncoder();

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

/** Problems of a new object's metadata. */
export function objectMetaProblems(object: KubeObject, namespaced: boolean): FieldError[] {
  const { metadata } = object;
  const problems: FieldError[] = [];
  if ((metadata.name ?? "") === "") problems.push(required("metadata.name", "name or generateName is required"));
  else problems.push(...pathSegmentProblems(metadata.name).map((text) => invalid("metadata.name", metadata.name, text)));
  const namespace = metadata.namespace ?? "";
  if (namespaced && namespace === "") problems.push(required("metadata.namespace"));
  if (namespaced && namespace !== "") {
    problems.push(...dnsLabelProblems(namespace).map((text) => invalid("metadata.namespace", namespace, text)));
  }
  problems.push(...labelProblems(metadata), ...annotationProblems(metadata));
  problems.push(...ownerProblems(metadata.ownerReferences ?? []), ...finalizerProblems(metadata.finalizers ?? []));
  return problems;
}

/** Problems of changed metadata; `next` carries the resourceVersion and generation that it will have. */
export function objectMetaUpdateProblems(next: ObjectMeta, previous: ObjectMeta): FieldError[] {
  const problems: FieldError[] = [];
  if (previous.deletionTimestamp !== undefined) {
    const extra = (next.finalizers ?? []).filter((name) => !(previous.finalizers ?? []).includes(name)).sort();
    if (extra.length > 0) {
      const found = `[]string{${extra.map((name) => JSON.stringify(name)).join(", ")}}`;
      const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`;
      problems.push(forbidden("metadata.finalizers", text));
    }
  }
  const immutable = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;
  for (const field of immutable) {
    if ((next[field] ?? "") !== (previous[field] ?? "")) problems.push(invalid(`metadata.${field}`, next[field], "field is immutable"));
  }
  problems.push(...labelProblems(next), ...annotationProblems(next), ...ownerProblems(next.ownerReferences ?? []));
  return problems;
}

/** Why a text can't be one segment of a URL's path. */
export function pathSegmentProblems(name: string): string[] {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((bad) => name.includes(bad)).map((bad) => `may not contain '${bad}'`);
}

function labelProblems(metadata: ObjectMeta): FieldError[] {
  if (metadata.labels === undefined) return [];
  const problems: FieldError[] = [];
  for (const [key, value] of Object.entries(metadata.labels)) {
    problems.push(...labelKeyProblems(key).map((text) => invalid("metadata.labels", key, text)));
    problems.push(...labelValueProblems(value).map((text) => invalid("metadata.labels", value, text)));
  }
  return problems;
}

function annotationProblems(metadata: ObjectMeta): FieldError[] {
  if (metadata.annotations === undefined) return [];
  const problems: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations)) {
    problems.push(...labelKeyProblems(key.toLowerCase()).map((text) => invalid("metadata.annotations", key, text)));
    size += key.length + value.length;
  }
  // Characters are at most three bytes each: only near the limit are they worth counting.
  if (size * 3 > maxAnnotationBytes && annotationBytes(metadata.annotations) > maxAnnotationBytes) {
    problems.push(tooLong("metadata.annotations", "", maxAnnotationBytes));
  }
  return problems;
}

function annotationBytes(annotations: Readonly<Record<string, string>>): number {
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) size += encoder.encode(key).length + encoder.encode(value).length;
  return size;
}

function ownerProblems(owners: readonly OwnerReference[]): FieldError[] {
  const problems: FieldError[] = [];
  let controller = "";
  for (const [index, owner] of owners.entries()) {
    const at = `metadata.ownerReferences[${index}]`;
    for (const field of ["apiVersion", "kind", "name", "uid"] as const) {
      if ((owner[field] ?? "") === "") problems.push(required(`${at}.${field}`, "must not be empty"));
    }
    if (owner.apiVersion === "v1" && owner.kind === "Event") {
      problems.push(invalid(at, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === "") controller = name;
    else {
      const found = `Found "true" in references for ${controller} and ${name}`;
      problems.push(invalid("metadata.ownerReferences", owners, `Only one reference can have Controller set to true. ${found}`));
    }
  }
  return problems;
}

function finalizerProblems(finalizers: readonly string[]): FieldError[] {
  const problems = finalizers.flatMap((name) => labelKeyProblems(name).map((text) => invalid("metadata.finalizers", name, text)));
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    const text = `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`;
    problems.push(invalid("metadata.finalizers", finalizers, text));
  }
  return problems;
}
