/** ConfigMap. Upstream: pkg/registry/core/configmap/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ConfigMap } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const configMap: Kind<ConfigMap> = defineKind({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  shortNames: ["cm"],
  struct: "k8s.io/api/core/v1.ConfigMap",
});
