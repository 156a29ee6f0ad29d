/** Ingress. Upstream: pkg/registry/networking/ingress/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Ingress } from "../../../schema/shapes/networking.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const ingress: Kind<Ingress> = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  namespaced: true,
  shortNames: ["ing"],
  subresources: ["status"],
  struct: "k8s.io/api/networking/v1.Ingress",
});
