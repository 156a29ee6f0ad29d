/** How an autoscaler's metrics are shown: what is measured of what is aimed at. Upstream: pkg/printers/internalversion/printers.go (formatHPAMetrics) */
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "../../../schema/shapes/autoscaling.v2.ts";

const shownMetrics = 2;
const unknown = "<unknown>";

export function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return "<none>";
  const all = metrics.map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  const shown = all.slice(0, shownMetrics).join(", ");
  return all.length > shownMetrics ? `${shown} + ${all.length - shownMetrics} more...` : shown;
}

const texts: Readonly<Record<string, (metric: MetricSpec, status: MetricStatus | undefined) => string>> = {
  External: (metric, status) => valueText(metric.external?.target, status?.external?.current),
  Object: (metric, status) => valueText(metric.object?.target, status?.object?.current),
  Pods: (metric, status) => averageText(metric.pods?.target, status?.pods?.current),
  Resource: (metric, status) => resourceText(metric.resource, status?.resource?.current),
  ContainerResource: (metric, status) => resourceText(metric.containerResource, status?.containerResource?.current),
};

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  return Object.hasOwn(texts, metric.type) ? (texts[metric.type]?.(metric, status) ?? "") : "<unknown type>";
}

function averageText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  return `${current?.averageValue ?? unknown}/${target?.averageValue ?? ""}`;
}

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${averageText(target, current)} (avg)`;
  return `${current?.value ?? unknown}/${target?.value ?? ""}`;
}

interface ResourceTarget {
  readonly name: string;
  readonly target: MetricTarget;
}

function resourceText(source: ResourceTarget | undefined, current: MetricValueStatus | undefined): string {
  const { averageValue, averageUtilization } = source?.target ?? {};
  const name = source?.name ?? "";
  if (averageValue !== undefined) return `${name}: ${current?.averageValue ?? unknown}/${averageValue}`;
  const share = current?.averageUtilization;
  const aim = averageUtilization === undefined ? "<auto>" : `${averageUtilization}%`;
  return `${name}: ${share === undefined ? unknown : `${share}%`}/${aim}`;
}
