/**
 * Environment variables that name the Services of a namespace, in the manner of old Docker links.
 * Upstream: pkg/kubelet/envvars/envvars.go, pkg/kubelet/kubelet_pods.go (getServiceEnvVarMap)
 */
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";

const masterServices: ReadonlySet<string> = new Set(["kubernetes"]);
const masterNamespace = "default";

function variableName(name: string): string {
  return name.toUpperCase().replace(/-/g, "_");
}

function variablesOf(service: Service): [string, string][] {
  const ip = service.spec.clusterIP ?? "";
  const ports = service.spec.ports ?? [];
  const first = ports[0];
  if (first === undefined) return [];
  const prefix = variableName(service.metadata.name);
  const out: [string, string][] = [
    [`${prefix}_SERVICE_HOST`, ip],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
  ];
  for (const port of ports)
    if ((port.name ?? "") !== "") out.push([`${prefix}_SERVICE_PORT_${variableName(port.name ?? "")}`, String(port.port)]);
  for (const [index, port] of ports.entries()) {
    const protocol = (port.protocol ?? "TCP").toUpperCase();
    const url = `${protocol.toLowerCase()}://${ip.includes(":") ? `[${ip}]` : ip}:${port.port}`;
    if (index === 0) out.push([`${prefix}_PORT`, url]);
    const link = `${prefix}_PORT_${port.port}_${protocol}`;
    out.push([link, url], [`${link}_PROTO`, protocol.toLowerCase()], [`${link}_PORT`, String(port.port)], [`${link}_ADDR`, ip]);
  }
  return out;
}

/** `services`: all of them, or at least those of the pod's namespace and of `default`. */
export function serviceVariables(pod: Pod, services: readonly Service[]): Map<string, string> {
  const links = pod.spec.enableServiceLinks !== false;
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace } = service.metadata;
    const ip = service.spec.clusterIP ?? "";
    if (ip === "" || ip === "None") continue;
    if (links && namespace === pod.metadata.namespace) chosen.set(name, service);
    else if (namespace === masterNamespace && masterServices.has(name) && !chosen.has(name)) chosen.set(name, service);
  }
  return new Map([...chosen.values()].flatMap(variablesOf));
}
