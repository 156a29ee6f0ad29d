/** HorizontalPodAutoscalers and PodDisruptionBudgets. Upstream: kubectl/pkg/describe/describe.go */
import { intOrStringText } from "../../machinery/intOrString.ts";
import { goQuote } from "../../schema/scalars/goText.ts";
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  ExternalMetricStatus,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerStatus,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ObjectMetricSource,
  ObjectMetricStatus,
  PodsMetricSource,
  PodsMetricStatus,
  ResourceMetricSource,
} from "../../schema/shapes/autoscaling.v2.ts";
import type { PodDisruptionBudget } from "../../schema/shapes/policy.v1.ts";
import type { Page } from "./page.ts";
import { localTime, putHead, putPlace, putTable, quantityText, selectorText } from "./parts.ts";

export function describeAutoscaler({ metadata, spec, status }: HorizontalPodAutoscaler, page: Page): void {
  const target = spec?.scaleTargetRef;
  putHead(page, metadata);
  page.field(0, "CreationTimestamp", localTime(metadata.creationTimestamp));
  page.field(0, "Reference", target === undefined ? "/" : `${target.kind}/${target.name}`);
  page.field(0, "Metrics", "( current / target )");
  (spec?.metrics ?? []).forEach((metric, at) => putMetric(page, metric, status?.currentMetrics?.[at]));
  page.field(0, "Min replicas", spec?.minReplicas ?? "<unset>");
  page.field(0, "Max replicas", spec?.maxReplicas ?? 0);
  putBehaviour(page, spec?.behavior);
  putState(page, target?.kind ?? "", status);
}

function putState(page: Page, kind: string, status: HorizontalPodAutoscalerStatus | undefined): void {
  page.field(0, `${kind} pods`, `${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`);
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return;
  page.line(0, "Conditions:");
  const rows = conditions.map(({ type, status: state, reason = "", message = "" }) => [type, state, reason, message]);
  putTable(page, 1, ["Type", "Status", "Reason", "Message"], rows);
}

const unknown = "<unknown>";

function putMetric(page: Page, metric: MetricSpec, now: MetricStatus | undefined): void {
  const { type, external, pods, object, resource, containerResource } = metric;
  if (type === "External" && external) putExternal(page, external, now?.external);
  else if (type === "Pods" && pods) putPerPod(page, pods, now?.pods);
  else if (type === "Object" && object) putOfObject(page, object, now?.object);
  else if (type === "Resource" && resource) putOfResource(page, resource, now);
  else if (type === "ContainerResource" && containerResource) putOfContainer(page, containerResource, now);
  else page.line(1, `<unknown metric type ${goQuote(type)}>`);
}

function putOfResource(page: Page, { name, target }: ResourceMetricSource, now: MetricStatus | undefined): void {
  putResource(page, `resource ${name} on pods`, target, now?.resource?.current);
}

function putOfContainer(page: Page, { name, container, target }: ContainerResourceMetricSource, now: MetricStatus | undefined): void {
  putResource(page, `resource ${name} of container "${container}" on pods`, target, now?.containerResource?.current);
}

function putExternal(page: Page, { metric, target }: ExternalMetricSource, now: ExternalMetricStatus | undefined): void {
  const average = target.averageValue !== undefined;
  const title = `${goQuote(metric.name)} (target ${average ? "average " : ""}value)`;
  const current = average ? now?.current.averageValue : now && quantityText(now.current.value);
  page.field(1, title, `${current ?? unknown} / ${quantityText(average ? target.averageValue : target.value)}`);
}

function putPerPod(page: Page, { metric, target }: PodsMetricSource, now: PodsMetricStatus | undefined): void {
  const current = now && quantityText(now.current.averageValue);
  page.field(1, `${goQuote(metric.name)} on pods`, `${current ?? unknown} / ${quantityText(target.averageValue)}`);
}

function putOfObject(page: Page, { metric, describedObject, target }: ObjectMetricSource, now: ObjectMetricStatus | undefined): void {
  const average = target.type === "AverageValue";
  const current = now && quantityText(average ? now.current.averageValue : now.current.value);
  const title = `"${metric.name}" on ${describedObject.kind}/${describedObject.name} (target ${average ? "average " : ""}value)`;
  page.field(1, title, `${current ?? unknown} / ${quantityText(average ? target.averageValue : target.value)}`);
}

function putResource(page: Page, title: string, target: MetricTarget, now: MetricValueStatus | undefined): void {
  if (target.averageValue !== undefined) {
    const current = now === undefined ? unknown : quantityText(now.averageValue);
    return page.field(1, title, `${current} / ${quantityText(target.averageValue)}`);
  }
  const share = now?.averageUtilization;
  const current = share === undefined ? unknown : `${share}% (${quantityText(now?.averageValue)})`;
  const wanted = target.averageUtilization === undefined ? "<auto>" : `${target.averageUtilization}%`;
  return page.field(1, `${title}  (as a percentage of request)`, `${current} / ${wanted}`);
}

function putBehaviour(page: Page, behaviour: HorizontalPodAutoscalerBehavior | undefined): void {
  if (behaviour === undefined) return;
  page.line(0, "Behavior:");
  putDirection(page, "Scale Up", behaviour.scaleUp);
  putDirection(page, "Scale Down", behaviour.scaleDown);
}

function putDirection(page: Page, title: string, rules: HPAScalingRules | undefined): void {
  if (rules === undefined) return;
  page.line(1, `${title}:`);
  if (rules.stabilizationWindowSeconds !== undefined) page.line(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds`);
  const policies = rules.policies ?? [];
  if (policies.length === 0) return;
  page.line(2, `Select Policy: ${rules.selectPolicy ?? "Max"}`);
  page.line(2, "Policies:");
  for (const { type, value, periodSeconds } of policies)
    page.row(3, `- Type: ${type}`, `Value: ${value}`, `Period: ${periodSeconds} seconds`);
}

export function describeDisruptionBudget({ metadata, spec, status }: PodDisruptionBudget, page: Page): void {
  putPlace(page, metadata);
  if (spec?.minAvailable !== undefined) page.field(0, "Min available", intOrStringText(spec.minAvailable));
  else if (spec?.maxUnavailable !== undefined) page.field(0, "Max unavailable", intOrStringText(spec.maxUnavailable));
  page.field(0, "Selector", spec?.selector === undefined ? "<unset>" : selectorText(spec.selector));
  page.line(0, "Status:");
  page.field(2, "Allowed disruptions", status?.disruptionsAllowed ?? 0);
  page.field(2, "Current", status?.currentHealthy ?? 0);
  page.field(2, "Desired", status?.desiredHealthy ?? 0);
  page.field(2, "Total", status?.expectedPods ?? 0);
}
