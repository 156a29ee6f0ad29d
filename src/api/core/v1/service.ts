/**
 * Service: one address for the pods that its selector finds. Addresses and node ports are given out by the API server.
 * Upstream: pkg/registry/core/service/{strategy,storage/rest}.go, pkg/apis/core/v1/defaults.go
 */
import type { Kind } from "../../../machinery/kind.ts";
import type { Service, ServicePort, ServiceSpec, ServiceStatus } from "../../../schema/shapes/core.v1.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { serviceColumns } from "./serviceColumns.ts";

export const service: Kind<Service> = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  namespaced: true,
  shortNames: ["svc"],
  categories: ["all"],
  subresources: ["status"],
  struct: "k8s.io/api/core/v1.Service",
  ...ownStatus<Service, ServiceStatus>(() => ({ loadBalancer: {} })),
  setDefaults({ spec }) {
    setSpecDefaults(spec);
    for (const port of spec.ports ?? []) setPortDefaults(port);
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
    dropTypeDependentFields(next.spec, previous.spec);
    patchAllocatedValues(next.spec, previous.spec);
  },
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },
  columns: serviceColumns,
});

const clientIpTimeoutSeconds = 10_800;

function setSpecDefaults(spec: ServiceSpec): void {
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= clientIpTimeoutSeconds;
  }
  spec.type ||= "ClusterIP";
  if (servesOutside(spec)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

function servesOutside(spec: ServiceSpec): boolean {
  return spec.type === "NodePort" || spec.type === "LoadBalancer" || (spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);
}

function setPortDefaults(port: ServicePort): void {
  port.protocol ||= "TCP";
  if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
}

/** A client that leaves out what was allocated means to keep it. */
function patchAllocatedValues(next: ServiceSpec, previous: ServiceSpec): void {
  if (hasClusterIP(next) && hasClusterIP(previous)) {
    if (!next.clusterIP && previous.clusterIP) next.clusterIP = previous.clusterIP;
    if ((next.clusterIPs ?? []).length === 0 && next.clusterIP === previous.clusterIP && previous.clusterIPs !== undefined) {
      next.clusterIPs = previous.clusterIPs;
    }
  }
  if (usesNodePorts(next) && usesNodePorts(previous)) keepNodePorts(next, previous);
  if (needsHealthCheckPort(next) && needsHealthCheckPort(previous) && previous.healthCheckNodePort) {
    next.healthCheckNodePort ||= previous.healthCheckNodePort;
  }
}

function keepNodePorts(next: ServiceSpec, previous: ServiceSpec): void {
  const key = (port: ServicePort) => `${port.protocol}/${port.port}`;
  const former = new Map((previous.ports ?? []).map((port) => [key(port), port.nodePort]));
  const taken = new Set((next.ports ?? []).map((port) => port.nodePort));
  for (const port of next.ports ?? []) {
    const nodePort = former.get(key(port));
    if (port.nodePort || !nodePort || taken.has(nodePort)) continue;
    port.nodePort = nodePort;
    taken.add(nodePort);
  }
}

/** A change of type drops what only the former type had, as long as the client did not set it anew. */
function dropTypeDependentFields(next: ServiceSpec, previous: ServiceSpec): void {
  if (hasClusterIP(previous) && !hasClusterIP(next) && next.clusterIP === previous.clusterIP) {
    for (const field of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] as const) delete next[field];
  }
  if (usesNodePorts(previous) && !usesNodePorts(next) && sameNodePorts(next, previous)) {
    for (const port of next.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheckPort(previous) && !needsHealthCheckPort(next) && next.healthCheckNodePort === previous.healthCheckNodePort) {
    delete next.healthCheckNodePort;
  }
  if (previous.type === "LoadBalancer" && next.type !== "LoadBalancer") {
    if (next.allocateLoadBalancerNodePorts === previous.allocateLoadBalancerNodePorts) delete next.allocateLoadBalancerNodePorts;
    if (next.loadBalancerClass === previous.loadBalancerClass) delete next.loadBalancerClass;
  }
  if (servesOutside(previous) && !servesOutside(next) && next.externalTrafficPolicy === previous.externalTrafficPolicy) {
    delete next.externalTrafficPolicy;
  }
}

function sameNodePorts(next: ServiceSpec, previous: ServiceSpec): boolean {
  const former = new Set((previous.ports ?? []).map((port) => port.nodePort));
  return (next.ports ?? []).every((port) => !port.nodePort || former.has(port.nodePort));
}

function hasClusterIP({ type }: ServiceSpec): boolean {
  return type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer";
}

function usesNodePorts({ type }: ServiceSpec): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function needsHealthCheckPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}
