/** ControllerRevision. Upstream: pkg/registry/apps/controllerrevision/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { ControllerRevision } from "../../../schema/shapes/apps.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const controllerRevision: Kind<ControllerRevision> = defineKind({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  namespaced: true,
  struct: "k8s.io/api/apps/v1.ControllerRevision",
});
