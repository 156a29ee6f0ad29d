/** Where a Service answers for this machine, by its type and by where the rehearsal takes place. */
import type { LoadTarget } from "../../rehearsal/ports/load.ts";
import { RehearsalError } from "../../rehearsal/manifests.ts";
import type { Service, ServicePort } from "../../schema/shapes/core.v1.ts";
import type { RehearseRequest } from "./options.ts";
import type { Site } from "./site.ts";

/** Undefined: it has no address yet. Throws where it never will have one. */
export function locate(service: Service, site: Site, request: Pick<RehearseRequest, "port" | "from" | "secure">): LoadTarget | undefined {
  const port = portOf(service, request.port);
  const secure = request.secure ?? (port.port === 443 || port.port === 8443 || port.name === "https");
  if (request.from !== "outside") return inside(service, { byName: request.from === "pod", port: port.port, secure });
  if (service.spec.type === "LoadBalancer") {
    const [ingress] = service.status?.loadBalancer?.ingress ?? [];
    const host = ingress?.ip ?? ingress?.hostname;
    if (host !== undefined) return { client: "outside", secure, ...(site.ours?.reachable(host, port.port) ?? { host, port: port.port }) };
    if (site.ours !== undefined) return undefined;
  }
  if (port.nodePort !== undefined && port.nodePort !== 0) return { client: "outside", host: site.nodeAddress, port: port.nodePort, secure };
  if (service.spec.type === "LoadBalancer" || service.spec.type === "NodePort") return undefined;
  throw new RehearsalError(
    `Service "${service.metadata.name}" is of type ${service.spec.type ?? "ClusterIP"} and can't be reached from outside: make it a LoadBalancer or NodePort, or give --from pod.`,
  );
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
