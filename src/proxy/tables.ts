/**
 * Services and their EndpointSlices as rules for a data plane. Pure. Left out: topology hints (every backend is on this machine), IPv6.
 * Upstream: pkg/proxy/{serviceport,endpoint,topology}.go
 */
import type { Service, ServicePort } from "../schema/shapes/core.v1.ts";
import type { Endpoint, EndpointSlice } from "../schema/shapes/discovery.v1.ts";
import type { Backend, ServiceRule } from "./ports/dataPlane.ts";

const otherProxyLabel = "service.kubernetes.io/service-proxy-name";
const defaultAffinitySeconds = 10_800;

/** One rule for each port; none for Services that have no address or that another proxy serves. */
export function rulesOf(service: Service, slices: readonly EndpointSlice[]): ServiceRule[] {
  const { spec, metadata } = service;
  const clusterIP = spec.clusterIP ?? "";
  const isProxied = spec.type !== "ExternalName" && clusterIP !== "" && clusterIP !== "None";
  if (!isProxied || metadata.labels?.[otherProxyLabel] !== undefined) return [];
  const loadBalancerIPs = (service.status?.loadBalancer?.ingress ?? [])
    .filter((entry) => (entry.ip ?? "") !== "" && entry.ipMode !== "Proxy")
    .map((entry) => entry.ip ?? "");
  return (spec.ports ?? []).map((port) => ({
    id: `${metadata.namespace}/${metadata.name}:${port.name ?? ""}`,
    protocol: protocolOf(port),
    clusterIP,
    port: port.port,
    nodePort: port.nodePort ?? 0,
    externalIPs: spec.externalIPs ?? [],
    loadBalancerIPs,
    affinitySeconds: affinityOf(service),
    internalPolicy: spec.internalTrafficPolicy === "Local" ? "Local" : "Cluster",
    externalPolicy: spec.externalTrafficPolicy === "Local" ? "Local" : "Cluster",
    backends: backendsOf(port, slices),
  }));
}

function protocolOf({ protocol }: ServicePort): ServiceRule["protocol"] {
  return protocol === "UDP" || protocol === "SCTP" ? protocol : "TCP";
}

function affinityOf({ spec }: Service): number {
  if (spec.sessionAffinity !== "ClientIP") return 0;
  return spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds;
}

/** The ready ones; where none is, those that are on their way out but still serve, so that a rollout's last moment isn't a refusal. */
function backendsOf(port: ServicePort, slices: readonly EndpointSlice[]): Backend[] {
  const ready = new Map<string, Backend>();
  const draining = new Map<string, Backend>();
  for (const slice of slices) {
    const number = slice.ports?.find((each) => (each.name ?? "") === (port.name ?? ""))?.port;
    if (number === undefined || slice.addressType !== "IPv4") continue;
    for (const endpoint of slice.endpoints ?? []) {
      const [ip] = endpoint.addresses;
      const into = isReady(endpoint) ? ready : draining;
      if (ip === undefined || (into === draining && !isDraining(endpoint))) continue;
      into.set(`${ip}:${number}`, { ip, port: number, nodeName: endpoint.nodeName ?? "", podName: podNameOf(endpoint) });
    }
  }
  return [...(ready.size > 0 ? ready : draining).values()].sort(byAddress);
}

/** What isn't said counts as ready. */
function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false;
}

function isDraining({ conditions }: Endpoint): boolean {
  return conditions?.terminating === true && conditions.serving === true;
}

function podNameOf({ targetRef }: Endpoint): string {
  return targetRef?.kind === "Pod" ? (targetRef.name ?? "") : "";
}

function byAddress(a: Backend, b: Backend): number {
  if (a.ip === b.ip) return a.port - b.port;
  return a.ip < b.ip ? -1 : 1;
}
