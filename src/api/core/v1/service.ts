/**
 * Service: one address for the pods that its selector finds. Addresses and node ports are given out by the API server.
 * Upstream: pkg/registry/core/service/{strategy,storage/rest}.go, pkg/apis/core/v1/defaults.go
 */
import type { Kind } from "../../../machinery/kind.ts";
import type { Service, ServicePort, ServiceSpec } from "../../../schema/shapes/core.v1.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { serviceColumns } from "./serviceColumns.ts";
import { needsHealthCheckPort, servesOutside } from "./serviceTrafficValidation.ts";
import { validateService, validateServiceStatusUpdate, validateServiceUpdate } from "./serviceValidation.ts";

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
  setDefaults({ spec, status }) {
    setSpecDefaults(spec);
    for (const address of status?.loadBalancer?.ingress ?? []) if (address.ip) address.ipMode ??= "VIP";
    for (const port of spec.ports ?? []) setPortDefaults(port);
  },
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
    if (object.spec.clusterIP && (object.spec.clusterIPs ?? []).length === 0) object.spec.clusterIPs = [object.spec.clusterIP];
  },
  prepareForUpdate(next, previous) {
    next.status = previous.status;
    alignClusterIPs(next.spec, previous.spec);
    dropTypeDependentFields(next.spec, previous.spec);
    patchAllocatedValues(next.spec, previous.spec);
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatusUpdate,
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

function setPortDefaults(port: ServicePort): void {
  port.protocol ||= "TCP";
  if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
}

/** A client that changes only `clusterIP` means the list too. */
function alignClusterIPs(next: ServiceSpec, previous: ServiceSpec): void {
  if (next.clusterIP === previous.clusterIP || !semanticEqual(next.clusterIPs, previous.clusterIPs)) return;
  if (next.clusterIP) next.clusterIPs = [next.clusterIP];
  else delete next.clusterIPs;
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
  const former = new Map((previous.ports ?? []).map((port) => [portKey(port), port.nodePort]));
  const taken = new Set((next.ports ?? []).map((port) => port.nodePort));
  for (const port of next.ports ?? []) {
    const nodePort = former.get(portKey(port));
    if (port.nodePort || !nodePort || taken.has(nodePort)) continue;
    port.nodePort = nodePort;
    taken.add(nodePort);
  }
}

function portKey({ protocol, port }: ServicePort): string {
  return `${protocol}/${port}`;
}

/** A change of type drops what only the former type had, as long as the client did not set it anew. */
function dropTypeDependentFields(next: ServiceSpec, previous: ServiceSpec): void {
  const ends = (had: (spec: ServiceSpec) => boolean): boolean => had(previous) && !had(next);
  const dropUnchanged = (...fields: (keyof ServiceSpec)[]): void => {
    for (const field of fields) if (semanticEqual(next[field], previous[field])) delete next[field];
  };
  if (ends(hasClusterIP)) dropUnchanged("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy");
  if (ends(usesNodePorts) && sameNodePorts(next, previous)) for (const port of next.ports ?? []) delete port.nodePort;
  if (ends(needsHealthCheckPort)) dropUnchanged("healthCheckNodePort");
  if (ends(isLoadBalancer)) dropUnchanged("allocateLoadBalancerNodePorts", "loadBalancerClass");
  if (ends(servesOutside)) dropUnchanged("externalTrafficPolicy");
}

function isLoadBalancer({ type }: ServiceSpec): boolean {
  return type === "LoadBalancer";
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
