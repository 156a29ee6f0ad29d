/** Namespace: a room for names. It goes only after everything in it has gone. Upstream: pkg/registry/core/namespace/strategy.go */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { invalid } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import type { Namespace } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { dnsLabelName, qualifiedName } from "../../fieldChecks.ts";
import { validateFinalizerKind, validateObjectMeta, validateObjectMetaUpdate } from "../../meta/v1/objectMeta.ts";

const ownFinalizer = "kubernetes";
/** Added to every namespace, so that selectors can name it. */
const nameLabel = "kubernetes.io/metadata.name";

/** For the finalize sub-resource, which alone may change `spec.finalizers`. */
export function validateFinalizeUpdate(next: Namespace, previous: Namespace, at: Path): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validateFinalizers(next.spec.finalizers ?? [], at.child("spec", "finalizers")),
  ];
}

export const namespace: Kind<Namespace> = defineKind<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
  shortNames: ["ns"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Namespace",
  setDefaults({ metadata }) {
    if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
  },
  prepareForCreate(object) {
    object.status = { phase: "Active" };
    const finalizers = object.spec.finalizers ?? [];
    object.spec.finalizers = finalizers.includes(ownFinalizer) ? finalizers : [...finalizers, ownFinalizer];
    if (object.metadata.name) object.metadata.labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name };
  },
  prepareForUpdate(next, previous) {
    next.spec = previous.spec;
    next.status = previous.status;
  },
  validate: ({ metadata, spec }, at) => [
    ...validateObjectMeta(metadata, { namespaced: false, name: dnsLabelName }, at.child("metadata")),
    ...validateFinalizers(spec.finalizers ?? [], at.child("spec", "finalizers")),
  ],
  validateUpdate: (next, previous, at) => validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
  validateStatusUpdate: (next, previous, at) => [
    ...validateObjectMetaUpdate(next.metadata, previous.metadata, at.child("metadata")),
    ...validatePhase(next, at.child("status", "Phase")),
  ],
  selectableFields: { "status.phase": ({ status }) => status?.phase ?? "" },
  columns: [column("Status", "Whether it is in use or on its way out", ({ status }) => status?.phase ?? ""), ageColumn()],
});

function validateFinalizers(finalizers: readonly string[], at: Path): FieldError[] {
  return finalizers.flatMap((finalizer) => [...qualifiedName(finalizer, at), ...validateFinalizerKind(finalizer, at)]);
}

function validatePhase({ metadata, status }: Namespace, at: Path): FieldError[] {
  const phase = status?.phase ?? "";
  const deleted = metadata.deletionTimestamp !== undefined;
  if (phase === (deleted ? "Terminating" : "Active")) return [];
  const text = deleted
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalid(at, phase, text)];
}
