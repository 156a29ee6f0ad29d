/** LimitRange. Upstream: pkg/registry/core/limitrange/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { LimitRange } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const limitRange: Kind<LimitRange> = defineKind({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  namespaced: true,
  shortNames: ["limits"],
  struct: "k8s.io/api/core/v1.LimitRange",
});
