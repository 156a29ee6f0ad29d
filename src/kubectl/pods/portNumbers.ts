/**
 * Ports as a command line names them, as numbers of the pod: by name, or by a Service's own numbering.
 * Upstream: kubectl/pkg/cmd/portforward/portforward.go, kubectl/pkg/util/{service_port,pod_port}.go, client-go/tools/portforward
 */
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";
import { KubectlError } from "../errors.ts";
import { parseUnsigned } from "../flagText.ts";

export interface ForwardedPort {
  /** 0: any that is free. */
  readonly local: number;
  readonly remote: number;
}

/** `8080:http` with the remote part as a number. */
export function podPorts(ports: readonly string[], pod: Pod): string[] {
  const all = pod.spec.containers.flatMap(({ ports: own = [] }) =>
    own.map(({ containerPort, protocol }) => ({ port: containerPort, protocol })),
  );
  refuseUdp(all, ports, (name) => containerPortByName(pod, name));
  return ports.map((text) => {
    const { local, remote } = split(text);
    const port = isInteger(remote) ? remote : String(containerPortByName(pod, remote));
    return local === remote ? port : `${local}:${port}`;
  });
}

export function servicePorts(ports: readonly string[], service: Service, pod: Pod): string[] {
  refuseUdp(service.spec.ports ?? [], ports, (name) => servicePortByName(service, name));
  return ports.map((text) => {
    const { local, remote } = split(text);
    const number = isInteger(remote) ? Number(remote) : servicePortByName(service, remote);
    const near = local === remote ? String(number) : local;
    const far = String(targetPort(service, pod, number));
    return near === far ? far : `${near}:${far}`;
  });
}

export function parsePorts(ports: readonly string[]): ForwardedPort[] {
  return ports.map((text) => {
    const parts = text.split(":");
    if (parts.length > 2) throw new KubectlError(`invalid port format '${text}'`);
    const [first = "", remoteText = first] = parts;
    const localText = parts.length === 2 && first === "" ? "0" : first;
    const local = portNumber(localText, "local");
    const remote = portNumber(remoteText, "remote");
    if (remote === 0) throw new KubectlError("remote port must be > 0");
    return { local, remote };
  });
}

function portNumber(text: string, side: "local" | "remote"): number {
  const parsed = /^\d+$/.test(text) ? parseUnsigned(text.replace(/^0+(?=\d)/, ""), 16) : undefined;
  if (parsed !== undefined && "value" in parsed) return parsed.value;
  const why = parsed === undefined ? `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax` : parsed.problem;
  throw new KubectlError(`error parsing ${side} port '${text}': ${why}`);
}

function split(text: string): { readonly local: string; readonly remote: string } {
  const parts = text.split(":");
  const [local = "", remote = ""] = parts;
  return parts.length === 2 ? { local, remote } : { local, remote: local };
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

interface ProtocolPort {
  readonly port: number;
  readonly protocol?: string | undefined;
}

function refuseUdp(served: readonly ProtocolPort[], ports: readonly string[], byName: (name: string) => number): void {
  const of = (wanted: string): Set<number> => new Set(served.filter(({ protocol }) => protocol === wanted).map(({ port }) => port));
  const udp = of("UDP");
  const tcp = of("TCP");
  for (const text of ports) {
    const { remote } = split(text);
    const port = isInteger(remote) ? Number(remote) : byName(remote);
    if (udp.has(port) && !tcp.has(port)) throw new KubectlError(`UDP protocol is not supported for ${remote}`);
  }
}

function containerPortByName({ metadata, spec }: Pod, name: string): number {
  for (const { ports = [] } of spec.containers) for (const port of ports) if ((port.name ?? "") === name) return port.containerPort;
  throw new KubectlError(`Pod '${metadata.name}' does not have a named port '${name}'`);
}

function servicePortByName({ metadata, spec }: Service, name: string): number {
  const found = spec.ports?.find((port) => (port.name ?? "") === name);
  if (found === undefined) throw new KubectlError(`Service '${metadata.name}' does not have a named port '${name}'`);
  return found.port;
}

function targetPort({ metadata, spec }: Service, pod: Pod, port: number): number {
  const found = spec.ports?.find((one) => one.port === port);
  if (found === undefined) throw new KubectlError(`Service ${metadata.name} does not have a service port ${port}`);
  if (spec.clusterIP === "None") return port;
  const { targetPort: target = 0 } = found;
  if (typeof target === "string") return containerPortByName(pod, target);
  return target === 0 ? found.port : target;
}
