/** Services, their endpoints, address ranges. Upstream: kubectl/pkg/describe/describe.go */
import type { Endpoints, LoadBalancerIngress, Service, ServicePort, ServiceSpec } from "../../schema/shapes/core.v1.ts";
import type { Endpoint, EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import type { IPAddress, ServiceCIDR } from "../../schema/shapes/networking.v1.ts";
import { type Describing, kindAt, listAll } from "./lookups.ts";
import type { Page } from "./page.ts";
import { labelsText, localTime, putHead, putTable } from "./parts.ts";

const endpointSlices = kindAt("discovery.k8s.io/v1", "EndpointSlice", "endpointslices");

export function slicesOf(describing: Describing, namespace: string, service: string): Promise<EndpointSlice[]> {
  return listAll<EndpointSlice>(describing, endpointSlices, namespace, { labelSelector: `kubernetes.io/service-name=${service}` });
}

export async function describeService(service: Service, page: Page, describing: Describing): Promise<void> {
  const { metadata, spec, status } = service;
  const slices = await slicesOf(describing, metadata.namespace ?? "", metadata.name).catch((): EndpointSlice[] => []);
  putHead(page, metadata);
  if (spec !== undefined) putAddresses(page, spec);
  page.given(0, "LoadBalancer Ingress", (status?.loadBalancer?.ingress ?? []).map(ingressText).join(", "));
  for (const port of spec?.ports ?? []) putPort(page, port, slices);
  if (spec !== undefined) putPolicies(page, spec);
}

function putAddresses(page: Page, spec: ServiceSpec): void {
  page.field(0, "Selector", labelsText(spec.selector));
  page.field(0, "Type", spec.type);
  page.given(0, "IP Family Policy", spec.ipFamilyPolicy);
  page.field(0, "IP Families", (spec.ipFamilies ?? []).join(",") || "<none>");
  page.field(0, "IP", spec.clusterIP);
  page.field(0, "IPs", (spec.clusterIPs ?? []).join(",") || "<none>");
  page.given(0, "External IPs", spec.externalIPs?.join(","));
  page.given(0, "Desired LoadBalancer IP", spec.loadBalancerIP);
  page.given(0, "External Name", spec.externalName);
}

function putPolicies(page: Page, spec: ServiceSpec): void {
  page.field(0, "Session Affinity", spec.sessionAffinity);
  page.given(0, "External Traffic Policy", spec.externalTrafficPolicy);
  page.given(0, "Internal Traffic Policy", spec.internalTrafficPolicy);
  page.given(0, "HealthCheck NodePort", spec.healthCheckNodePort === 0 ? undefined : spec.healthCheckNodePort);
  page.given(0, "LoadBalancer Source Ranges", spec.loadBalancerSourceRanges?.join(","));
  page.given(0, "Traffic Distribution", spec.trafficDistribution);
}

function ingressText({ ip = "", hostname = "", ipMode }: LoadBalancerIngress): string {
  if (ip === "") return hostname;
  return ipMode === undefined ? ip : `${ip} (${ipMode})`;
}

function putPort(page: Page, port: ServicePort, slices: readonly EndpointSlice[]): void {
  const { name = "", protocol = "", targetPort = 0, appProtocol, nodePort = 0 } = port;
  const title = name || "<unset>";
  page.row(0, "Port:", title, `${port.port}/${protocol}`);
  page.field(0, "TargetPort", `${targetPort}/${protocol}`);
  page.given(0, "AppProtocol", appProtocol);
  if (nodePort !== 0) page.row(0, "NodePort:", title, `${nodePort}/${protocol}`);
  page.field(0, "Endpoints", endpointsText(slices, name));
}

const mostShown = 3;

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready ?? true;
}

function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Ready addresses of a port, the first of them. */
export function endpointsText(slices: readonly EndpointSlice[], portName: string): string {
  if (slices.length === 0) return "<none>";
  const all = slices.flatMap(({ ports = [], endpoints = [] }: Partial<EndpointSlice>) => {
    const ready = endpoints.filter(isReady).map(({ addresses }) => addresses[0] ?? "");
    if (ports.length === 0) return ready;
    return ports.filter(({ name = "" }) => name === portName).flatMap(({ port = 0 }) => ready.map((address) => hostPort(address, port)));
  });
  const shown = all.slice(0, mostShown).join(",");
  return all.length > mostShown ? `${shown} + ${all.length - mostShown} more...` : shown;
}

export function describeEndpoints({ metadata, subsets = [] }: Endpoints, page: Page): void {
  putHead(page, metadata);
  page.line(0, "Subsets:");
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    page.field(1, "Addresses", addresses.map(({ ip }) => ip).join(",") || "<none>");
    page.field(1, "NotReadyAddresses", notReadyAddresses.map(({ ip }) => ip).join(",") || "<none>");
    if (ports.length > 0) {
      page.line(1, "Ports:");
      const rows = ports.map(({ name = "", port, protocol = "" }) => [name || "<unset>", port, protocol]);
      putTable(page, 2, ["Name", "Port", "Protocol"], rows);
    }
    page.line(0, "");
  }
}

export function describeEndpointSlice({ metadata, addressType, ports = [], endpoints = [] }: Partial<EndpointSlice>, page: Page): void {
  putHead(page, metadata);
  page.field(0, "AddressType", addressType);
  if (ports.length === 0) page.line(0, "Ports: <unset>");
  else {
    page.line(0, "Ports:");
    const rows = ports.map(({ name = "", port = "<unset>", protocol = "" }) => [name || "<unset>", port, protocol]);
    putTable(page, 1, ["Name", "Port", "Protocol"], rows);
  }
  page.line(0, endpoints.length === 0 ? "Endpoints: <none>" : "Endpoints:");
  for (const { addresses, conditions, hostname, targetRef, nodeName, zone } of endpoints) {
    page.field(1, "- Addresses", addresses.join(", ") || "<none>");
    page.line(2, "Conditions:");
    page.field(3, "Ready", conditions?.ready ?? "<unset>");
    page.field(2, "Hostname", hostname ?? "<unset>");
    if (targetRef !== undefined) page.field(2, "TargetRef", `${targetRef.kind ?? ""}/${targetRef.name ?? ""}`);
    page.field(2, "NodeName", nodeName ?? "<unset>");
    page.field(2, "Zone", zone ?? "<unset>");
  }
}

export function describeServiceCidr({ metadata, spec, status }: ServiceCIDR, page: Page): void {
  putHead(page, metadata, { namespaced: false });
  page.field(0, "CIDRs", (spec?.cidrs ?? []).join(", "));
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return;
  page.line(0, "Status:\nConditions:");
  const rows = conditions.map((one) => [one.type, one.status, localTime(one.lastTransitionTime), one.reason, one.message]);
  putTable(page, 1, ["Type", "Status", "LastTransitionTime", "Reason", "Message"], rows);
}

export function describeIpAddress({ metadata, spec }: IPAddress, page: Page): void {
  putHead(page, metadata, { namespaced: false });
  const parent = spec?.parentRef;
  if (parent === undefined) return;
  page.line(0, "Parent Reference:");
  page.field(1, "Group", parent.group);
  page.field(1, "Resource", parent.resource);
  page.field(1, "Namespace", parent.namespace);
  page.field(1, "Name", parent.name);
}
