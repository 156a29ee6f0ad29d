/**
 * The objects that every cluster has from its first moment: four namespaces and the way to the API server itself.
 * Upstream: pkg/controlplane/controller/{systemnamespaces,kubernetesservice}, pkg/controlplane/reconcilers
 */
import { formatIPv4 } from "../../base/ipv4.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { isApiError } from "../../machinery/status.ts";
import type { Endpoints, Namespace, Service } from "../../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { defaultServiceRanges, serviceCidr } from "../admission/serviceAddresses.ts";
import { mastersGroup } from "../authn/user.ts";
import { createObject } from "../registry/create.ts";
import type { Registry, WriteContext } from "../registry/resource.ts";
import { mainRules, updateObject } from "../registry/update.ts";
import type { ApiServerOptions } from "../server/options.ts";
import { objectKey } from "../storage/keys.ts";

const namespaces = ["kube-system", "kube-public", "kube-node-lease", "default"] as const;
const itself: WriteContext = {
  user: { name: "system:apiserver", groups: [mastersGroup] },
  dryRun: false,
  manager: "kube-apiserver",
  warn: () => undefined,
};

/** Idempotent: what is there already stays, addresses are brought up to date. */
export async function bootstrap(registry: Registry, options: ApiServerOptions): Promise<void> {
  for (const name of namespaces) {
    const namespace: Namespace = { kind: "Namespace", apiVersion: "v1", metadata: { name }, spec: {} };
    await ensure(registry, { group: "", plural: "namespaces" }, namespace);
  }
  const { advertise } = options;
  if (advertise === undefined) return;
  const { network } = serviceCidr(options.serviceRanges ?? defaultServiceRanges);
  await ensure(registry, { group: "", plural: "services" }, serviceOf(formatIPv4(network + 1), advertise.port));
  try {
    await replace(registry, { group: "", plural: "endpoints" }, endpointsOf(advertise));
    await replace(registry, { group: "discovery.k8s.io", plural: "endpointslices" }, sliceOf(advertise));
  } catch (error) {
    // An address that no pod could reach (loopback) is refused like any other; the cluster works without.
    if (!isApiError(error, "Invalid")) throw error;
    registry.log.warn("the kubernetes Service has no endpoints", { address: advertise.address, error: error.message });
  }
}

async function ensure(registry: Registry, which: { group: string; plural: string }, object: KubeObject): Promise<void> {
  const resource = registry.resource(which.group, which.plural);
  const { namespace = "", name } = object.metadata;
  await registry.feed.fresh();
  if (resource.cache.get(objectKey(resource.kind, namespace, name)) !== undefined) return;
  try {
    resource.kind.setDefaults(object);
    await createObject(registry, resource, object, { ...itself, namespace });
  } catch (error) {
    if (!isApiError(error, "AlreadyExists")) throw error;
  }
}

async function replace(registry: Registry, which: { group: string; plural: string }, object: KubeObject): Promise<void> {
  const resource = registry.resource(which.group, which.plural);
  const { namespace = "", name } = object.metadata;
  resource.kind.setDefaults(object);
  await updateObject(registry, resource, {
    ...itself,
    namespace,
    name,
    rules: mainRules,
    transform: () => structuredClone(object),
    create: () => structuredClone(object),
  });
}

interface Address {
  readonly address: string;
  readonly port: number;
}

const metadata = { name: "kubernetes", namespace: "default" };

function serviceOf(clusterIP: string, port: number): Service {
  const labels = { component: "apiserver", provider: "kubernetes" };
  const ports = [{ name: "https", protocol: "TCP", port: 443, targetPort: port }];
  const spec = { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports, sessionAffinity: "None" };
  return { kind: "Service", apiVersion: "v1", metadata: { ...metadata, labels }, spec };
}

function endpointsOf({ address, port }: Address): Endpoints {
  const labels = { "endpointslice.kubernetes.io/skip-mirror": "true" };
  const subsets = [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }];
  return { kind: "Endpoints", apiVersion: "v1", metadata: { ...metadata, labels }, subsets };
}

function sliceOf({ address, port }: Address): EndpointSlice {
  return {
    kind: "EndpointSlice",
    apiVersion: "discovery.k8s.io/v1",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
}
