/** What the zone is worked out from, out of the caches. */
import { namespace as namespaceKind } from "../api/core/v1/namespace.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import { endpointSlice as sliceKind } from "../api/discovery/v1/endpointSlice.ts";
import type { InformerFactory } from "../client/informer.ts";
import type { Service } from "../schema/shapes/core.v1.ts";
import type { Endpoint, EndpointSlice } from "../schema/shapes/discovery.v1.ts";
import type { ZoneEndpoint, ZonePort, ZoneService, ZoneView } from "./zone.ts";

const serviceNameLabel = "kubernetes.io/service-name";
const byAddress = "servicesByClusterIP";
const byService = "endpointSlicesByServiceName";
const byEndpoint = "endpointSlicesByEndpointAddress";

export function clusterView(informers: InformerFactory): ZoneView {
  const namespaces = informers.informer(namespaceKind);
  const services = informers.informer(serviceKind);
  const slices = informers.informer(sliceKind);
  services.addIndex(byAddress, clusterIPsOf);
  slices.addIndex(byService, (slice) => [`${slice.metadata.namespace}/${ownerOf(slice)}`]);
  slices.addIndex(byEndpoint, (slice) => (slice.endpoints ?? []).filter(isReady).flatMap((endpoint) => endpoint.addresses));
  const whole = (service: Service): ZoneService => {
    const { namespace = "", name } = service.metadata;
    return zoneService(service, slices.byIndex(byService, `${namespace}/${name}`));
  };
  return {
    hasNamespace: (name) => namespaces.get({ namespace: "", name }) !== undefined,
    service(namespace, name) {
      const service = services.get({ namespace, name });
      return service === undefined ? undefined : whole(service);
    },
    serviceByAddress(ip) {
      const [service] = services.byIndex(byAddress, ip);
      return service === undefined ? undefined : whole(service);
    },
    servicesByEndpoint(ip) {
      const keys = new Map(slices.byIndex(byEndpoint, ip).map((slice) => [`${slice.metadata.namespace}/${ownerOf(slice)}`, slice]));
      return [...keys.values()].flatMap((slice) => {
        const service = services.get({ namespace: slice.metadata.namespace ?? "", name: ownerOf(slice) });
        return service === undefined ? [] : whole(service);
      });
    },
  };
}

/** Pure, for tests. */
export function zoneService(service: Service, slices: readonly EndpointSlice[]): ZoneService {
  const { namespace = "", name } = service.metadata;
  const external = service.spec.type === "ExternalName";
  return {
    namespace,
    name,
    clusterIPs: external ? [] : clusterIPsOf(service),
    externalName: external ? (service.spec.externalName ?? "") : undefined,
    ports: (service.spec.ports ?? []).map((port) => zonePort(port.name, port.protocol, port.port)),
    endpoints: slices.flatMap(zoneEndpoints).sort((a, b) => (a.ip < b.ip ? -1 : 1)),
  };
}

function zoneEndpoints(slice: EndpointSlice): ZoneEndpoint[] {
  const ports = (slice.ports ?? []).flatMap((port) => (port.port === undefined ? [] : zonePort(port.name, port.protocol, port.port)));
  return (slice.endpoints ?? [])
    .filter(isReady)
    .flatMap(({ addresses, hostname }) =>
      addresses.map((ip) => ({ ip, hostname: (hostname ?? "") === "" ? ip.replaceAll(/[.:]/g, "-") : (hostname ?? ""), ports })),
    );
}

function zonePort(name: string | undefined, protocol: string | undefined, number: number): ZonePort {
  return { name: name ?? "", protocol: (protocol ?? "TCP").toLowerCase(), number };
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false;
}

function clusterIPsOf({ spec }: Service): string[] {
  const all = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return all.filter((ip) => ip !== "" && ip !== "None");
}

function ownerOf({ metadata: { labels } }: EndpointSlice): string {
  return labels?.[serviceNameLabel] ?? "";
}
