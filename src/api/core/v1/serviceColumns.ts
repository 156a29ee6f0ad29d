/** What `kubectl get services` shows. Upstream: pkg/printers/internalversion/printers.go (printService) */
import type { Column } from "../../../machinery/kind.ts";
import type { LoadBalancerStatus, Service, ServicePort } from "../../../schema/shapes/core.v1.ts";
import { ageColumn, column, wideColumn } from "../../columns.ts";
import { labelsText } from "../../workloadColumns.ts";

export const serviceColumns: readonly Column<Service>[] = [
  column("Type", "How it is reached", ({ spec }) => spec.type ?? ""),
  column("Cluster-IP", "Its address inside the cluster", ({ spec }) => spec.clusterIPs?.[0] ?? (spec.clusterIP || "<none>")),
  column("External-IP", "Its addresses outside the cluster", externalAddress),
  column("Port(s)", "Its ports, and the nodes' ports that lead to them", ({ spec }) => portsText(spec.ports ?? [])),
  ageColumn(),
  wideColumn("Selector", "Labels of the pods behind it", ({ spec }) => labelsText(spec.selector)),
];

function externalAddress({ spec, status }: Service): string {
  const fixed = spec.externalIPs ?? [];
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return fixed.join(",") || "<none>";
    case "LoadBalancer":
      return [...loadBalancerAddresses(status?.loadBalancer), ...fixed].join(",") || "<pending>";
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

/** Sorted, each once. */
export function loadBalancerAddresses(status: Pick<LoadBalancerStatus, "ingress"> | undefined): string[] {
  const addresses = (status?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").filter((address) => address !== "");
  return [...new Set(addresses)].sort();
}

function portsText(ports: readonly ServicePort[]): string {
  return ports.map(portText).join(",") || "<none>";
}

function portText({ port, nodePort, protocol }: ServicePort): string {
  return `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`;
}
