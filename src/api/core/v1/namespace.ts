/** Namespace. Upstream: pkg/registry/core/namespace/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Namespace } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const namespace: Kind<Namespace> = defineKind({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
  shortNames: ["ns"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Namespace",
});
