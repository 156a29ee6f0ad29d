/**
 * A Service's pods as core/v1 Endpoints, which older clients read instead of EndpointSlices. Cut off at 1,000 addresses.
 * Left out: the last-change-trigger-time annotation. Upstream: pkg/controller/endpoint/endpoints_controller.go
 */
import { isPodReady, isPodTerminal, isPodTerminating, podAddresses, targetPortOf } from "../../machinery/pods.ts";
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset, Pod, Service } from "../../schema/shapes/core.v1.ts";

export const managedByLabel = "endpoints.kubernetes.io/managed-by";
export const managedBy = "endpoint-controller";
const headlessLabel = "service.kubernetes.io/headless";
const overCapacity = "endpoints.kubernetes.io/over-capacity";
/** Addresses in one object. */
const maxAddresses = 1000;

export type Action = { readonly type: "create" | "update"; readonly endpoints: Endpoints } | { readonly type: "none" };

/** `current` is the object that bears the Service's name now. */
export function plan(service: Service, pods: readonly Pod[], current: Endpoints | undefined): Action {
  const whole = subsetsOf(service, pods);
  const subsets = truncated(whole);
  const labels = labelsFor(service);
  const annotations = { ...current?.metadata.annotations };
  if (subsets === whole) delete annotations[overCapacity];
  else annotations[overCapacity] = "truncated";
  if (current === undefined) {
    const { name, namespace } = service.metadata;
    return { type: "create", endpoints: { metadata: { name, namespace, labels, annotations }, subsets } };
  }
  const same =
    JSON.stringify(plainSubsets(current.subsets)) === JSON.stringify(plainSubsets(subsets)) &&
    sameEntries(labels, current.metadata.labels) &&
    sameEntries(annotations, current.metadata.annotations);
  if (same) return { type: "none" };
  return { type: "update", endpoints: { ...current, metadata: { ...current.metadata, labels, annotations }, subsets } };
}

/** Pods grouped by the ports that they serve; addresses and groups in a fixed order. */
function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const publish = service.spec.publishNotReadyAddresses === true;
  const family = service.spec.ipFamilies?.[0] === "IPv6" ? "IPv6" : "IPv4";
  const groups = new Map<string, Required<EndpointSubset>>();
  for (const pod of [...pods].sort(byAddress)) {
    const [ip] = podAddresses(pod, family);
    if (ip === undefined || isPodTerminal(pod) || (isPodTerminating(pod) && !publish)) continue;
    const ports = portsOf(service, pod);
    // A pod that serves none of the ports is not listed, unless the Service has none to serve.
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const identity = JSON.stringify(ports);
    const group = groups.get(identity) ?? { addresses: [], notReadyAddresses: [], ports };
    groups.set(identity, group);
    (publish || isPodReady(pod) ? group.addresses : group.notReadyAddresses)?.push(addressOf(service, pod, ip));
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => plainSubset(group));
}

function byAddress(a: Pod, b: Pod): number {
  return compareText(a.status?.podIP ?? "", b.status?.podIP ?? "") || compareText(a.metadata.uid ?? "", b.metadata.uid ?? "");
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPortOf(pod, port);
    return number === undefined ? [] : [plainPort({ ...port, port: number })];
  });
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { nodeName, hostname, subdomain } = pod.spec;
  const { namespace, name, uid } = pod.metadata;
  const named = hostname !== undefined && hostname !== "" && subdomain === service.metadata.name;
  return plainAddress({ ip, hostname: named ? hostname : undefined, nodeName, targetRef: { kind: "Pod", namespace, name, uid } });
}

function labelsFor(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels, [managedByLabel]: managedBy };
  delete labels[headlessLabel];
  return service.spec.clusterIP === "None" ? { ...labels, [headlessLabel]: "" } : labels;
}

/** The same array when it fits. Ready addresses go first; each group keeps its share. */
function truncated(subsets: EndpointSubset[]): EndpointSubset[] {
  const ready = total(subsets, "addresses");
  const notReady = total(subsets, "notReadyAddresses");
  if (ready + notReady <= maxAddresses) return subsets;
  const keepReady = Math.min(ready, maxAddresses);
  const keepNotReady = maxAddresses - keepReady;
  const readyShares = shares(
    subsets.map((s) => s.addresses?.length ?? 0),
    keepReady,
  );
  const notReadyShares = shares(
    subsets.map((s) => s.notReadyAddresses?.length ?? 0),
    keepNotReady,
  );
  return subsets
    .map((subset, i) =>
      plainSubset({
        ports: subset.ports,
        addresses: subset.addresses?.slice(0, readyShares[i]),
        notReadyAddresses: subset.notReadyAddresses?.slice(0, notReadyShares[i]),
      }),
    )
    .filter((subset) => subset.addresses !== undefined || subset.notReadyAddresses !== undefined);
}

function total(subsets: readonly EndpointSubset[], which: "addresses" | "notReadyAddresses"): number {
  return subsets.reduce((sum, subset) => sum + (subset[which]?.length ?? 0), 0);
}

function shares(sizes: readonly number[], keep: number): number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  let left = keep;
  return sizes.map((size) => {
    const share = Math.min(left, all === 0 ? 0 : Math.ceil((size / all) * keep));
    left -= share;
    return share;
  });
}

function sameEntries(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>> | undefined): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b ?? {}).length && keys.every((key) => b?.[key] === a[key]);
}

// One form for what we make and what the server gives back: fields in one order, nothing empty.

function plainSubsets(subsets: readonly EndpointSubset[] | undefined): EndpointSubset[] {
  return (subsets ?? []).map(plainSubset);
}

function plainSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): EndpointSubset {
  return {
    ...(addresses.length === 0 ? {} : { addresses: addresses.map(plainAddress) }),
    ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses: notReadyAddresses.map(plainAddress) }),
    ...(ports.length === 0 ? {} : { ports: ports.map(plainPort) }),
  };
}

function plainAddress({ ip, hostname, nodeName, targetRef }: EndpointAddress): EndpointAddress {
  const { kind, namespace, name, uid } = targetRef ?? {};
  return {
    ip,
    ...((hostname ?? "") === "" ? {} : { hostname }),
    ...((nodeName ?? "") === "" ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef: { kind, namespace, name, uid } }),
  };
}

function plainPort({ name, port, protocol, appProtocol }: EndpointPort): EndpointPort {
  return {
    ...((name ?? "") === "" ? {} : { name }),
    port,
    protocol: protocol ?? "TCP",
    ...((appProtocol ?? "") === "" ? {} : { appProtocol }),
  };
}
