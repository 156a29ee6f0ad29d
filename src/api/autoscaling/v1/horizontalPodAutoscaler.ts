/** HorizontalPodAutoscaler. Upstream: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go */
import type { Kind } from "../../../machinery/kind.ts";
import type { HorizontalPodAutoscaler } from "../../../schema/shapes/autoscaling.v1.ts";
import { defineKind } from "../../defineKind.ts";

export const horizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = defineKind({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  namespaced: true,
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/autoscaling/v1.HorizontalPodAutoscaler",
});
