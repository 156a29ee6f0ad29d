/** ConfigMap: settings by key, as texts or bytes. Upstream: pkg/registry/core/configmap/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ConfigMap } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";

export const configMap: Kind<ConfigMap> = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  shortNames: ["cm"],
  struct: "k8s.io/api/core/v1.ConfigMap",
  columns: [column("Data", "How many keys it has", (object) => Object.keys({ ...object.data, ...object.binaryData }).length), ageColumn()],
});
