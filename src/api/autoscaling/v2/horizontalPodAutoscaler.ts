/** HorizontalPodAutoscaler: sets a workload's replicas by what is measured. Upstream: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  HPAScalingPolicy,
  HPAScalingRules,
} from "../../../schema/shapes/autoscaling.v2.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { validateAutoscaler, validateAutoscalerStatusUpdate, validateAutoscalerUpdate } from "./autoscalerValidation.ts";
import { targetsText } from "./metricColumns.ts";

const cpuUtilization = 80;

export const autoscalerColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  column("Reference", "What it scales", ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`),
  column("Targets", "What is measured, of what is aimed at", targetsText),
  column("MinPods", "Pods there are at least", ({ spec }) => String(spec.minReplicas ?? "<unset>")),
  column("MaxPods", "Pods there are at most", ({ spec }) => spec.maxReplicas),
  column("Replicas", "Pods that there are", ({ status }) => status?.currentReplicas ?? 0),
  ageColumn(),
];

export const horizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  namespaced: true,
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/autoscaling/v2.HorizontalPodAutoscaler",
  ...ownStatus<HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus>(() => ({ desiredReplicas: 0, currentMetrics: [] })),
  setDefaults({ spec }) {
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0) {
      const target = { type: "Utilization", averageUtilization: cpuUtilization };
      spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
    }
    if (spec.behavior === undefined) return;
    spec.behavior.scaleUp = withRules(spec.behavior.scaleUp, { stabilizationWindowSeconds: 0 }, [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ]);
    spec.behavior.scaleDown = withRules(spec.behavior.scaleDown, {}, [{ type: "Percent", value: 100, periodSeconds: 15 }]);
  },
  validate: validateAutoscaler,
  validateUpdate: validateAutoscalerUpdate,
  validateStatusUpdate: validateAutoscalerStatusUpdate,
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns: autoscalerColumns,
});

function withRules(given: HPAScalingRules | undefined, extra: HPAScalingRules, policies: HPAScalingPolicy[]): HPAScalingRules {
  const { policies: own = [], ...rest } = given ?? {};
  return { selectPolicy: "Max", ...extra, ...rest, policies: own.length === 0 ? policies : own };
}
