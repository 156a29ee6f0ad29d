/** PodTemplate. Upstream: pkg/registry/core/podtemplate/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { PodTemplate } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const podTemplate: Kind<PodTemplate> = defineKind({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  namespaced: true,
  struct: "k8s.io/api/core/v1.PodTemplate",
});
