/** IngressClass. Upstream: pkg/registry/networking/ingressclass/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { IngressClass } from "../../../schema/shapes/networking.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const ingressClass: Kind<IngressClass> = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  struct: "k8s.io/api/networking/v1.IngressClass",
});
