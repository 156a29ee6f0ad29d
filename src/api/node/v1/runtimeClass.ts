/** RuntimeClass. Upstream: pkg/registry/node/runtimeclass/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { RuntimeClass } from "../../../schema/shapes/node.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const runtimeClass: Kind<RuntimeClass> = defineKind({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  namespaced: false,
  struct: "k8s.io/api/node/v1.RuntimeClass",
});
