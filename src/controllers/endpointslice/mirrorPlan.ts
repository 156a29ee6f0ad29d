/**
 * EndpointSlices for Endpoints that somebody wrote by hand for a Service without a selector, because the data plane and DNS read slices only.
 * Upstream: pkg/controller/endpointslicemirroring/{reconciler,utils}.go
 */
import { parseIPv4 } from "../../base/ipv4.ts";
import { ownerReferenceTo } from "../../machinery/owners.ts";
import type { EndpointAddress, Endpoints, EndpointSubset } from "../../schema/shapes/core.v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { managedByLabel, serviceNameLabel } from "./plan.ts";
import { addTo, planSlices, type Action, type Family, type Group } from "./slices.ts";

export const mirroredBy = "endpointslicemirroring-controller.k8s.io";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const families: readonly Family[] = ["IPv4", "IPv6"];

/** Leader elections of old kept their state in Endpoints. */
export function isMirrored({ metadata }: Endpoints): boolean {
  return metadata.labels?.[skipLabel] !== "true" && metadata.annotations?.[leaderAnnotation] === undefined;
}

export function mirrorPlan(endpoints: Endpoints, slices: readonly EndpointSlice[], maxEndpoints: number): Action[] {
  const { name, namespace } = endpoints.metadata;
  const labels: Record<string, string> = { ...endpoints.metadata.labels };
  const stamp = {
    namePrefix: `${name}-`,
    namespace,
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirroredBy },
    owner: ownerReferenceTo({ group: "", version: "v1", kind: "Endpoints" }, endpoints),
  };
  return families.flatMap((family) => {
    const existing = slices.filter((slice) => slice.addressType === family);
    return planSlices(stamp, { family, groups: groupsOf(endpoints, family), existing, maxEndpoints, placeholder: false });
  });
}

function groupsOf({ subsets = [] }: Endpoints, family: Family): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const subset of subsets) {
    const ports = portsOf(subset);
    const ready = (subset.addresses ?? []).map((address) => endpointOf(address, true));
    const notReady = (subset.notReadyAddresses ?? []).map((address) => endpointOf(address, false));
    for (const endpoint of [...ready, ...notReady]) {
      if (familyOf(endpoint.addresses[0] ?? "") === family) addTo(groups, ports, endpoint);
    }
  }
  return groups;
}

function portsOf({ ports = [] }: EndpointSubset): EndpointPort[] {
  return ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
    name,
    protocol,
    port,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined || hostname === "" ? {} : { hostname }),
    ...(nodeName === undefined || nodeName === "" ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}

function familyOf(ip: string): Family | undefined {
  if (parseIPv4(ip) !== undefined) return "IPv4";
  return ip.includes(":") ? "IPv6" : undefined;
}
