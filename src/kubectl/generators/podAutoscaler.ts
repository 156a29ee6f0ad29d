/** The HorizontalPodAutoscaler of `autoscale`, and the targets that it is given in words. Upstream: kubectl/pkg/cmd/autoscale/autoscale.go */
import { tryParseQuantity } from "../../machinery/quantity.ts";
import type { MetricSpec } from "../../schema/shapes/autoscaling.v2.ts";
import { KubectlError } from "../errors.ts";
import type { Unstructured } from "../resources/unstructured.ts";

export interface AutoscalerWish {
  readonly name: string;
  /** Absent: the server's default. */
  readonly namespace: string | undefined;
  readonly target: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  /** Below 1: not set. */
  readonly min: number;
  readonly max: number;
  /** Below 1: not set. */
  readonly cpuPercent: number;
  /** Empty: not set. */
  readonly cpu: string;
  readonly memory: string;
}

export function podAutoscaler({ name, namespace, target, min, max, cpuPercent, cpu, memory }: AutoscalerWish): Unstructured {
  const metrics = [
    ...(cpuPercent > 0 ? [metric("cpu", { type: "Utilization", averageUtilization: cpuPercent })] : []),
    ...(cpu === "" ? [] : [metric("cpu", targetOf(cpu, "cpu"))]),
    ...(memory === "" ? [] : [metric("memory", targetOf(memory, "memory"))]),
  ];
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      scaleTargetRef: { kind: target.kind, name: target.name, apiVersion: target.apiVersion },
      ...(min > 0 ? { minReplicas: min } : {}),
      maxReplicas: max,
      ...(metrics.length > 0 ? { metrics } : {}),
    },
    status: { desiredReplicas: 0, currentMetrics: null },
  };
}

type Target = NonNullable<MetricSpec["resource"]>["target"];

function metric(name: string, target: Target): MetricSpec {
  return { type: "Resource", resource: { name, target } };
}

const bareNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const units = { cpu: "m", memory: "Mi" } as const;

/** `70%` of what is requested, or an amount, in thousandths of a core or mebibytes where no unit is said. */
export function targetOf(input: string, resource: keyof typeof units): Target {
  const text = input.trim();
  if (text === "") throw new KubectlError("empty input");
  if (text.endsWith("%")) {
    const percent = text.slice(0, -1);
    if (!/^[+]?\d+$/.test(percent) || Number(percent) > 2 ** 31 - 1) throw new KubectlError(`invalid percentage value: ${percent}`);
    return { type: "Utilization", averageUtilization: Number(percent) };
  }
  const amount = tryParseQuantity(bareNumber.test(text) ? `${Number(text)}${units[resource]}` : text);
  if (amount === undefined) throw new KubectlError(`invalid resource ${resource} value: ${text}`);
  return { type: "AverageValue", averageValue: amount.toString() };
}
