/** Where a Service answers for this machine, by its type and by where the rehearsal takes place. */
import type { LoadTarget } from "../../rehearsal/ports/load.ts";
import { RehearsalError } from "../../rehearsal/manifests.ts";
import type { Service, ServicePort } from "../../schema/shapes/core.v1.ts";
import type { RehearseRequest } from "./options.ts";
import type { OurSite, Site } from "./site.ts";

/** What matters of a Site here. */
export interface Place extends Pick<Site, "nodeAddress"> {
  readonly ours: Pick<OurSite, "reachable"> | undefined;
}

/** Undefined: it has no address yet. Throws where it never will have one. */
export function locate(service: Service, site: Place, request: Pick<RehearseRequest, "port" | "from" | "secure">): LoadTarget | undefined {
  const port = portOf(service, request.port);
  const secure = request.secure ?? (port.port === 443 || port.port === 8443 || port.name === "https");
  if (request.from !== "outside") return inside(service, { byName: request.from === "pod", port: port.port, secure });
  const found = outside(service, port, site);
  return found === undefined ? undefined : { client: "outside", secure, ...found };
}

type Address = Pick<LoadTarget, "host" | "port">;

function outside(service: Service, { port, nodePort = 0 }: ServicePort, site: Place): Address | undefined {
  const { type = "ClusterIP" } = service.spec;
  const balancer = type === "LoadBalancer" ? balancerOf(service) : undefined;
  if (balancer !== undefined) return site.ours?.reachable(balancer, port) ?? { host: balancer, port };
  // Another cluster's load balancers may be far away or missing: its node ports will do.
  if (nodePort !== 0 && (type !== "LoadBalancer" || site.ours === undefined)) return { host: site.nodeAddress, port: nodePort };
  if (type === "LoadBalancer" || type === "NodePort") return undefined;
  throw new RehearsalError(
    `Service "${service.metadata.name}" is of type ${type} and can't be reached from outside: make it a LoadBalancer or NodePort, or give --from pod.`,
  );
}

function balancerOf({ status }: Service): string | undefined {
  const [ingress] = status?.loadBalancer?.ingress ?? [];
  return ingress?.ip ?? ingress?.hostname;
}

function inside(
  { metadata, spec }: Service,
  { byName, port, secure }: { byName: boolean; port: number; secure: boolean },
): LoadTarget | undefined {
  const { clusterIP = "" } = spec;
  if (clusterIP === "None") throw new RehearsalError(`Service "${metadata.name}" is headless: there is no address to send to.`);
  return clusterIP === "" ? undefined : { client: "inside", host: byName ? metadata.name : clusterIP, port, secure };
}

function portOf(service: Service, wanted: string | undefined): ServicePort {
  const ports = service.spec.ports ?? [];
  const found = wanted === undefined ? ports[0] : ports.find(({ port, name }) => String(port) === wanted || name === wanted);
  if (found !== undefined) return found;
  throw new RehearsalError(
    wanted === undefined ? `Service "${service.metadata.name}" has no port.` : `Service "${service.metadata.name}" has no port ${wanted}.`,
  );
}

/** In a cluster that is the rehearsal's alone, a Service without an address outside gets one: what serves it does not change. */
export function exposed(service: Service): Service {
  const { type = "ClusterIP", clusterIP } = service.spec;
  if (type !== "ClusterIP" || clusterIP === "None") return service;
  return { ...service, spec: { ...service.spec, type: "LoadBalancer" } };
}
