/** Metrics as `kubectl get podmetrics` prints them. Upstream: kubernetes-sigs/metrics-server pkg/api/table.go */
import { addQuantities } from "../../machinery/quantity.ts";
import type { Table } from "../../schema/shapes/meta.v1.ts";
import type { NodeMetrics, PodMetrics } from "../../schema/shapes/metrics.v1beta1.ts";

type Metrics = NodeMetrics | PodMetrics;

const resources = ["cpu", "memory"] as const;

export function metricsTable(items: readonly Metrics[], version: string): Table {
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: {},
    columnDefinitions: [
      column("Name", "name", "Name of the resource"),
      ...resources.map((name) => column(name, "quantity")),
      column("Window", "duration"),
    ],
    rows: items.map((item) => {
      const usage = totalOf(item);
      const object = { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: item.metadata };
      return { cells: [item.metadata.name, ...resources.map((name) => usage[name] ?? "0"), item.window], object };
    }),
  };
}

function column(name: string, format: string, description = ""): Table["columnDefinitions"][number] {
  return { name, type: "string", format, description, priority: 0 };
}

function totalOf(item: Metrics): Readonly<Record<string, string>> {
  if ("usage" in item) return item.usage;
  return item.containers.reduce<Record<string, string>>((sum, { usage }) => addQuantities(sum, usage), {});
}
