/**
 * What to write so that a Service's EndpointSlices say which pods serve it. Left out: topology-aware hints by CPU share.
 * Upstream: staging/src/k8s.io/endpointslice/reconciler.go
 */
import { ownerReferenceTo } from "../../machinery/owners.ts";
import type { Node, Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { endpointOf, endpointPorts, servesAnything } from "./endpoint.ts";
import { addTo, planSlices, type Action, type Family, type Group, type Stamp } from "./slices.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";
const headlessLabel = "service.kubernetes.io/headless";

export interface World {
  readonly service: Service;
  /** The pods that the Service's selector names. */
  readonly pods: readonly Pod[];
  readonly nodeOf: (name: string) => Node | undefined;
  /** The slices that this controller manages for the Service. */
  readonly slices: readonly EndpointSlice[];
  readonly maxEndpoints: number;
}

export interface Plan {
  readonly actions: readonly Action[];
  /** Pods left out because nothing is known of their node yet. */
  readonly onUnknownNodes: number;
}

export function plan(world: World): Plan {
  const { service, slices, maxEndpoints } = world;
  const families = familiesOf(service);
  const actions: Action[] = [];
  for (const slice of slices) {
    if (!families.some((family) => family === slice.addressType)) actions.push({ type: "delete", slice });
  }
  const pods = world.pods.filter(servesAnything).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const placed = pods.filter((pod) => isPlaced(world, pod));
  const stamp = stampFor(service);
  for (const family of families) {
    const existing = slices.filter((slice) => slice.addressType === family);
    const groups = groupByPorts(world, family, placed);
    actions.push(...planSlices(stamp, { family, groups, existing, maxEndpoints, placeholder: true }));
  }
  return { actions, onUnknownNodes: pods.length - placed.length };
}

function isPlaced(world: World, pod: Pod): boolean {
  const { nodeName } = pod.spec;
  if (nodeName === undefined || nodeName === "" || world.service.spec.publishNotReadyAddresses === true) return true;
  return world.nodeOf(nodeName) !== undefined;
}

function familiesOf(service: Service): readonly Family[] {
  const asked = (service.spec.ipFamilies ?? []).filter((family): family is Family => family === "IPv4" || family === "IPv6");
  if (asked.length > 0) return asked;
  return service.spec.clusterIP?.includes(":") === true ? ["IPv6"] : ["IPv4"];
}

function groupByPorts(world: World, family: Family, pods: readonly Pod[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const node = pod.spec.nodeName === undefined ? undefined : world.nodeOf(pod.spec.nodeName);
    const endpoint = endpointOf(world.service, pod, node, family);
    if (endpoint !== undefined) addTo(groups, endpointPorts(world.service, pod), endpoint);
  }
  return groups;
}

function stampFor(service: Service): Stamp {
  const { name, namespace } = service.metadata;
  const labels: Record<string, string> = { ...service.metadata.labels };
  delete labels[headlessLabel];
  if (service.spec.clusterIP === "None") labels[headlessLabel] = "";
  return {
    namePrefix: `${name}-`,
    namespace,
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: managedBy },
    owner: ownerReferenceTo({ group: "", version: "v1", kind: "Service" }, service),
  };
}
