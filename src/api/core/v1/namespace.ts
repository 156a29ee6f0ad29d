/** Namespace: a room for names. It goes only after everything in it has gone. Upstream: pkg/registry/core/namespace/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Namespace } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";

const ownFinalizer = "kubernetes";
/** Added to every namespace, so that selectors can name it. */
const nameLabel = "kubernetes.io/metadata.name";

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
  selectableFields: { "status.phase": ({ status }) => status?.phase ?? "" },
  columns: [column("Status", "Whether it is in use or on its way out", ({ status }) => status?.phase ?? ""), ageColumn()],
});
