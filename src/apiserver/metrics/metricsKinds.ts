/** The kinds of metrics.k8s.io: never stored, made from what the kubelets say when they are asked for. Upstream: k8s.io/metrics/pkg/apis/metrics/v1beta1 */

export interface MetricsKind {
  readonly group: "metrics.k8s.io";
  readonly version: "v1beta1";
  readonly kind: "NodeMetrics" | "PodMetrics";
  readonly listKind: string;
  readonly plural: "nodes" | "pods";
  readonly singular: string;
  readonly namespaced: boolean;
  readonly struct: string;
}

const place = { group: "metrics.k8s.io", version: "v1beta1", singular: "" } as const;
const structs = "k8s.io/metrics/pkg/apis/metrics/v1beta1";

export const metricsKinds: readonly MetricsKind[] = [
  { ...place, kind: "NodeMetrics", listKind: "NodeMetricsList", plural: "nodes", namespaced: false, struct: `${structs}.NodeMetrics` },
  { ...place, kind: "PodMetrics", listKind: "PodMetricsList", plural: "pods", namespaced: true, struct: `${structs}.PodMetrics` },
];
