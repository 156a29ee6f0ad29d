/**
 * HorizontalPodAutoscaler as it was when CPU was all there was to measure; stored as autoscaling/v2. What v1 has no field for is kept in
 * annotations, as upstream does, but in v2's form. Upstream: pkg/apis/autoscaling/v1/conversion.go
 */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { HorizontalPodAutoscaler } from "../../../schema/shapes/autoscaling.v1.ts";
import { conform } from "../../../schema/conform.ts";
import type { HorizontalPodAutoscaler as Stored, MetricSpec, MetricStatus } from "../../../schema/shapes/autoscaling.v2.ts";
import type { ObjectMeta } from "../../../schema/shapes/meta.v1.ts";
import { structOf } from "../../../schema/structs.ts";
import { defineKind } from "../../defineKind.ts";
import { autoscalerColumns, horizontalPodAutoscaler as stored } from "../v2/horizontalPodAutoscaler.ts";

const keptKey = "autoscaling.alpha.kubernetes.io/v2";

export const horizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  namespaced: true,
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/autoscaling/v1.HorizontalPodAutoscaler",
  setDefaults({ spec }) {
    spec.minReplicas ??= 1;
  },
  prepareForCreate(object) {
    object.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
  },
  validate: (object, at) => stored.validate(toStored(object), at),
  validateUpdate: (next, previous, at) => stored.validateUpdate(toStored(next), toStored(previous), at),
  validateStatusUpdate: (next, previous, at) => stored.validateStatusUpdate?.(toStored(next), toStored(previous), at) ?? [],
  specChanged: (next, previous) => stored.specChanged?.(toStored(next), toStored(previous)) ?? false,
  storedAs: { kind: stored, toStored, fromStored },
  columns: autoscalerColumns.map((column): Column<HorizontalPodAutoscaler> => ({
    ...column,
    cell: (object, now) => column.cell(toStored(object), now),
  })),
});

/** What v1 can't say. */
interface Kept {
  readonly metrics?: readonly MetricSpec[] | undefined;
  readonly behavior?: Stored["spec"]["behavior"];
  readonly currentMetrics?: readonly MetricStatus[] | undefined;
  readonly conditions?: NonNullable<Stored["status"]>["conditions"];
}

function toStored(object: HorizontalPodAutoscaler): Stored {
  const { targetCPUUtilizationPercentage: share, ...spec } = object.spec;
  const { currentCPUUtilizationPercentage: current, ...status } = object.status ?? { currentReplicas: 0, desiredReplicas: 0 };
  const { kept, metadata } = withoutKept(object.metadata);
  const cpu: MetricSpec = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: share } } };
  const metrics = [...(share === undefined ? [] : [cpu]), ...(kept.metrics ?? [])];
  const measured = { name: "cpu", current: { averageUtilization: current } };
  const currentMetrics = [...(current === undefined ? [] : [{ type: "Resource", resource: measured }]), ...(kept.currentMetrics ?? [])];
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata,
    spec: { ...spec, ...(metrics.length === 0 ? {} : { metrics }), ...(kept.behavior === undefined ? {} : { behavior: kept.behavior }) },
    status: { ...status, currentMetrics, ...(kept.conditions === undefined ? {} : { conditions: kept.conditions }) },
  };
}

function fromStored(object: Stored): HorizontalPodAutoscaler {
  const { metrics = [], behavior, ...spec } = object.spec;
  const { currentMetrics = [], conditions, currentReplicas = 0, ...status } = object.status ?? { desiredReplicas: 0 };
  const cpu = metrics.findIndex((metric) => isCpuShare(metric.resource?.name, metric.resource?.target.averageUtilization));
  const measured = currentMetrics.findIndex((metric) => isCpuShare(metric.resource?.name, metric.resource?.current.averageUtilization));
  const kept = { metrics: without(metrics, cpu), behavior, currentMetrics: without(currentMetrics, measured), conditions };
  const share = metrics[cpu]?.resource?.target.averageUtilization;
  const current = currentMetrics[measured]?.resource?.current.averageUtilization;
  return {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: withKept(object.metadata, kept),
    spec: { ...spec, ...(share === undefined ? {} : { targetCPUUtilizationPercentage: share }) },
    status: { ...status, currentReplicas, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  };
}

function without<I>(items: readonly I[], index: number): readonly I[] | undefined {
  const rest = items.filter((_, i) => i !== index);
  return rest.length === 0 ? undefined : rest;
}

function isCpuShare(name: string | undefined, share: number | undefined): boolean {
  return name === "cpu" && share !== undefined;
}

function withKept(metadata: ObjectMeta, kept: Kept): ObjectMeta {
  if (Object.values(kept).every((part) => part === undefined)) return metadata;
  return { ...metadata, annotations: { ...metadata.annotations, [keptKey]: JSON.stringify(kept) } };
}

function withoutKept(metadata: ObjectMeta): { readonly kept: Kept; readonly metadata: ObjectMeta } {
  const text = metadata.annotations?.[keptKey];
  if (text === undefined) return { kept: {}, metadata };
  const { [keptKey]: _text, ...annotations } = metadata.annotations ?? {};
  return { kept: read(text), metadata: { ...metadata, annotations } };
}

/** A client may have written anything there: what doesn't fit is ignored. */
function read(text: string): Kept {
  try {
    const value: unknown = JSON.parse(text);
    const whole = conform({ spec: value, status: value }, structOf(stored.struct)).object as unknown as Stored;
    const { metrics, behavior } = whole.spec;
    return { metrics, behavior, currentMetrics: whole.status?.currentMetrics, conditions: whole.status?.conditions };
  } catch {
    return {};
  }
}
