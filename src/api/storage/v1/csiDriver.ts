/** CSIDriver. Upstream: pkg/registry/storage/csidriver/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { CSIDriver } from "../../../schema/shapes/storage.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const csiDriver: Kind<CSIDriver> = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  struct: "k8s.io/api/storage/v1.CSIDriver",
});
