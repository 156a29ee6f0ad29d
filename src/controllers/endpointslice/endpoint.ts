/**
 * One pod as an endpoint of one Service: address, conditions, topology, and the ports that it serves.
 * Upstream: staging/src/k8s.io/endpointslice/utils.go, trafficdist/trafficdist.go
 */
import { isPodReady, isPodTerminal, isPodTerminating, podAddresses, targetPortOf } from "../../machinery/pods.ts";
import type { Node, Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { Endpoint, EndpointHints, EndpointPort } from "../../schema/shapes/discovery.v1.ts";

const zoneLabel = "topology.kubernetes.io/zone";

/** Whether the pod is an endpoint at all, in whatever condition. */
export function servesAnything(pod: Pod): boolean {
  return !isPodTerminal(pod) && (pod.status?.podIP ?? "") !== "";
}

/** The ports of a slice that can hold this pod; a Service port whose name the pod doesn't know is left out. */
export function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec.ports ?? []) {
    const number = targetPortOf(pod, port);
    if (number === undefined) continue;
    const { appProtocol } = port;
    ports.push({
      name: port.name ?? "",
      protocol: port.protocol ?? "TCP",
      port: number,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return ports;
}

/** Undefined where the pod has no address of that family. */
export function endpointOf(service: Service, pod: Pod, node: Node | undefined, family: "IPv4" | "IPv6"): Endpoint | undefined {
  const addresses = podAddresses(pod, family).slice(0, 1);
  if (addresses.length === 0) return undefined;
  const serving = isPodReady(pod);
  const terminating = isPodTerminating(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const nodeName = pod.spec.nodeName === "" ? undefined : pod.spec.nodeName;
  const zone = node?.metadata.labels?.[zoneLabel];
  const hints = ready ? hintsFor(service, nodeName, zone) : undefined;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hasHostname(service, pod) ? { hostname: pod.spec.hostname } : {}),
    targetRef: { kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
  };
}

/** Such a pod has a DNS name of its own under the Service. */
function hasHostname(service: Service, pod: Pod): boolean {
  return (pod.spec.hostname ?? "") !== "" && pod.spec.subdomain === service.metadata.name;
}

function hintsFor(service: Service, nodeName: string | undefined, zone: string | undefined): EndpointHints | undefined {
  const near = zone === undefined ? {} : { forZones: [{ name: zone }] };
  switch (service.spec.trafficDistribution) {
    case "PreferClose":
    case "PreferSameZone":
      return zone === undefined ? undefined : near;
    case "PreferSameNode":
      return nodeName === undefined ? undefined : { ...near, forNodes: [{ name: nodeName }] };
    default:
      return undefined;
  }
}

/** Which pod (or address) an endpoint stands for, whatever its condition. */
export function endpointIdentity(endpoint: Endpoint): string {
  return `${endpoint.targetRef?.uid ?? ""} ${endpoint.addresses.join(",")} ${endpoint.hostname ?? ""}`;
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    endpointIdentity(a) === endpointIdentity(b) &&
    a.conditions?.ready === b.conditions?.ready &&
    a.conditions?.serving === b.conditions?.serving &&
    a.conditions?.terminating === b.conditions?.terminating &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    hintsText(a) === hintsText(b)
  );
}

function hintsText({ hints }: Endpoint): string {
  return `${namesOf(hints?.forZones)} ${namesOf(hints?.forNodes)}`;
}

function namesOf(list: readonly { readonly name: string }[] | undefined): string {
  return (list ?? []).map((entry) => entry.name).join(",");
}

/** Equal for port lists that belong in the same slice, in whatever order. */
export function portsIdentity(ports: readonly EndpointPort[]): string {
  return ports
    .map((p) => `${p.name ?? ""}/${p.protocol ?? "TCP"}/${p.port ?? 0}/${p.appProtocol ?? ""}`)
    .sort()
    .join(" ");
}
