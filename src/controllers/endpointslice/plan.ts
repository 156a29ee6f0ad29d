/**
 * What to write so that a Service's EndpointSlices say which pods serve it. A slice that would be deleted while another is created is
 * rewritten instead, so a change of selector is one write. Left out: topology-aware hints by CPU share.
 * Upstream: staging/src/k8s.io/endpointslice/reconciler.go
 */
import { ownerReferenceTo } from "../../machinery/owners.ts";
import type { Node, Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { endpointOf, endpointPorts, portsIdentity, servesAnything, type Family } from "./endpoint.ts";
import { fit } from "./fit.ts";

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

export type Action =
  /** The name is left to the writer; `generateName` is set. */
  { readonly type: "create" | "update" | "delete"; readonly slice: EndpointSlice };

export interface Plan {
  readonly actions: readonly Action[];
  /** Pods left out because nothing is known of their node yet. */
  readonly onUnknownNodes: number;
}

export function plan(world: World): Plan {
  const families = familiesOf(world.service);
  const actions: Action[] = [];
  for (const slice of world.slices) {
    if (!families.some((family) => family === slice.addressType)) actions.push({ type: "delete", slice });
  }
  const pods = world.pods.filter(servesAnything).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const placed = pods.filter((pod) => isPlaced(world, pod));
  for (const family of families) actions.push(...planFamily(world, family, placed));
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

interface Group {
  readonly ports: EndpointPort[];
  readonly endpoints: Endpoint[];
}

function planFamily(world: World, family: Family, pods: readonly Pod[]): Action[] {
  const groups = groupByPorts(world, family, pods);
  const existing = world.slices.filter((slice) => slice.addressType === family);
  const updates: EndpointSlice[] = [];
  const drafts: EndpointSlice[] = [];
  const deletes: EndpointSlice[] = existing.filter((slice) => !groups.has(portsIdentity(slice.ports ?? [])));
  let kept = 0;
  for (const [identity, group] of groups) {
    const sharing = existing.filter((slice) => portsIdentity(slice.ports ?? []) === identity);
    const result = fit(group.endpoints, sharing, world.maxEndpoints);
    deletes.push(...result.emptied);
    for (const [slice, endpoints] of result.changed) updates.push(refreshed(world.service, { ...slice, endpoints }));
    for (const endpoints of result.fresh) drafts.push(draft(world.service, family, group.ports, endpoints));
    for (const slice of result.kept) if (!isCurrent(world.service, slice)) updates.push(refreshed(world.service, slice));
    kept += result.kept.length;
  }
  if (kept + updates.length + drafts.length === 0) drafts.push(draft(world.service, family, [], []));
  return settle(world.service, { updates, drafts, deletes });
}

function groupByPorts(world: World, family: Family, pods: readonly Pod[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const node = pod.spec.nodeName === undefined ? undefined : world.nodeOf(pod.spec.nodeName);
    const endpoint = endpointOf(world.service, pod, node, family);
    if (endpoint === undefined) continue;
    const ports = endpointPorts(world.service, pod);
    const identity = portsIdentity(ports);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, { ports, endpoints: [endpoint] });
    else group.endpoints.push(endpoint);
  }
  return groups;
}

interface Writes {
  readonly updates: readonly EndpointSlice[];
  readonly drafts: readonly EndpointSlice[];
  readonly deletes: readonly EndpointSlice[];
}

/** Turns deletions into rewrites as long as there is something new to hold. */
function settle(service: Service, { updates, drafts, deletes }: Writes): Action[] {
  const actions: Action[] = updates.map((slice) => ({ type: "update", slice }));
  for (const [i, fresh] of drafts.entries()) {
    const former = deletes[i];
    if (former === undefined) actions.push({ type: "create", slice: fresh });
    else if (!isPlaceholderLike(service, former, fresh)) {
      actions.push({ type: "update", slice: refreshed(service, { ...former, ports: fresh.ports, endpoints: fresh.endpoints }) });
    }
  }
  for (const slice of deletes.slice(drafts.length)) actions.push({ type: "delete", slice });
  return actions;
}

/** Nothing to hold before and nothing now: not worth a write. */
function isPlaceholderLike(service: Service, former: EndpointSlice, fresh: EndpointSlice): boolean {
  return isEmpty(former) && isEmpty(fresh) && isCurrent(service, former);
}

function isEmpty(slice: EndpointSlice): boolean {
  return (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0;
}

function draft(service: Service, family: Family, ports: EndpointPort[], endpoints: Endpoint[]): EndpointSlice {
  const metadata = { name: "", generateName: `${service.metadata.name}-`, namespace: service.metadata.namespace };
  return refreshed(service, { metadata, addressType: family, endpoints, ports });
}

/** The slice with the labels and the owner that it ought to have. */
function refreshed(service: Service, slice: EndpointSlice): EndpointSlice {
  const owner = ownerReferenceTo({ group: "", version: "v1", kind: "Service" }, service);
  return { ...slice, metadata: { ...slice.metadata, labels: labelsFor(service), ownerReferences: [owner] } };
}

function labelsFor(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels };
  delete labels[headlessLabel];
  if (service.spec.clusterIP === "None") labels[headlessLabel] = "";
  return { ...labels, [serviceNameLabel]: service.metadata.name, [managedByLabel]: managedBy };
}

function isCurrent(service: Service, slice: EndpointSlice): boolean {
  const wanted = labelsFor(service);
  const actual = slice.metadata.labels ?? {};
  const keys = Object.keys(wanted);
  if (keys.length !== Object.keys(actual).length || keys.some((key) => actual[key] !== wanted[key])) return false;
  return slice.metadata.ownerReferences?.some((reference) => reference.uid === service.metadata.uid) === true;
}
