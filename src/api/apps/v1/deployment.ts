/** Deployment. Upstream: pkg/registry/apps/deployment/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { Deployment } from "../../../schema/shapes/apps.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const deployment: Kind<Deployment> = defineKind({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: ["status", "scale"],
  struct: "k8s.io/api/apps/v1.Deployment",
});
