/**
 * The cluster's zone: which records a name has, worked out from Services and endpoints at the moment of asking. Pure.
 * Left out: zone transfer, federation, pods by verified address (any dashed address answers, as CoreDNS does with `pods insecure`).
 * The specification: Kubernetes DNS-Based Service Discovery, schema 1.1.0; where it leaves room, CoreDNS's plugin/kubernetes decides.
 */
import { ipv4Bytes, ipv6Bytes } from "./addresses.ts";
import { classIn, isWithin, lowerCase, nameOf, rcode, recordType, type Name, type RecordData, type ResourceRecord } from "./message.ts";

export interface ZonePort {
  /** Empty: unnamed. */
  readonly name: string;
  /** Lower case. */
  readonly protocol: string;
  readonly number: number;
}

export interface ZoneEndpoint {
  readonly ip: string;
  /** As the endpoint says, or its address with dashes. */
  readonly hostname: string;
  readonly ports: readonly ZonePort[];
}

export interface ZoneService {
  readonly namespace: string;
  readonly name: string;
  /** Empty for headless Services and external names. */
  readonly clusterIPs: readonly string[];
  readonly externalName: string | undefined;
  readonly ports: readonly ZonePort[];
  /** Ready ones. */
  readonly endpoints: readonly ZoneEndpoint[];
}

/** What the zone is worked out from. */
export interface ZoneView {
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): ZoneService | undefined;
  /** By one of its own addresses. */
  serviceByAddress(ip: string): ZoneService | undefined;
  /** Those that have an endpoint with that address. */
  servicesByEndpoint(ip: string): readonly ZoneService[];
}

export interface ZoneAnswer {
  readonly rcode: typeof rcode.noError | typeof rcode.nameError;
  readonly answers: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  /** The zone's SOA, where the answer is that there is none. */
  readonly authorities: readonly ResourceRecord[];
}

export interface ZoneOptions {
  /** E.g. `cluster.local`. */
  readonly domain: string;
  /** Seconds. */
  readonly ttl: number;
}

const schemaVersion = "1.1.0";
const priority = 0;
const weightTotal = 100;

export class ClusterZone {
  private readonly view: ZoneView;
  private readonly domain: Name;
  private readonly ttl: number;

  constructor(view: ZoneView, options: ZoneOptions) {
    this.view = view;
    this.domain = lowerCase(nameOf(options.domain));
    this.ttl = options.ttl;
  }

  /** Whether the zone has a say about the name. */
  covers(name: Name): boolean {
    return isWithin(lowerCase(name), this.domain);
  }

  /** For a name that it covers. Records bear the name as it was asked. */
  answer(name: Name, type: number): ZoneAnswer {
    const path = lowerCase(name)
      .slice(0, name.length - this.domain.length)
      .toReversed();
    const [first, namespace, ...rest] = path;
    switch (first) {
      case undefined:
        return this.apex(name, type);
      case "dns-version":
        return path.length === 1 ? this.known(name, type, [{ type: "TXT", texts: [schemaVersion] }]) : this.unknown();
      case "ns":
      case "dns":
        return this.nameServer(name, type, path);
      case "svc":
      case "pod":
        if (namespace === undefined) return this.known(name, type, []);
        if (!this.view.hasNamespace(namespace)) return this.unknown();
        if (rest.length === 0) return this.known(name, type, []);
        return first === "svc" ? this.service(name, type, { namespace, rest }) : this.pod(name, type, rest);
      default:
        return this.unknown();
    }
  }

  /** Who has an address; undefined: nobody of this cluster. */
  reverse(name: Name, ip: string, type: number): ZoneAnswer | undefined {
    const service = this.view.serviceByAddress(ip);
    const targets =
      service !== undefined
        ? [this.serviceName(service)]
        : this.view.servicesByEndpoint(ip).flatMap((each) => this.endpointNames(each, ip));
    if (targets.length === 0) return undefined;
    return this.known(
      name,
      type,
      targets.map((target) => ({ type: "PTR", target })),
    );
  }

  private apex(name: Name, type: number): ZoneAnswer {
    if (type === recordType.SOA) return { rcode: rcode.noError, answers: [{ ...this.soa(), name }], additionals: [], authorities: [] };
    return this.known(name, type, [{ type: "NS", target: this.primary() }]);
  }

  private nameServer(name: Name, type: number, path: readonly string[]): ZoneAnswer {
    const [first, second, ...more] = path;
    if (first === "dns" && second === undefined) return this.known(name, type, []);
    if (first !== "dns" || second !== "ns" || more.length > 0) return this.unknown();
    const server = this.view.service("kube-system", "kube-dns");
    return this.known(name, type, (server?.clusterIPs ?? []).flatMap(addressData));
  }

  private pod(name: Name, type: number, [dashed = "", ...more]: readonly string[]): ZoneAnswer {
    const data = addressData(dashed.replaceAll("-", ".")).concat(addressData(dashed.replaceAll("-", ":")));
    return more.length > 0 || data.length === 0 ? this.unknown() : this.known(name, type, data);
  }

  private service(name: Name, type: number, { namespace, rest }: { namespace: string; rest: readonly string[] }): ZoneAnswer {
    const [serviceName = "", first, second, ...more] = rest;
    const service = this.view.service(namespace, serviceName);
    if (service === undefined || more.length > 0) return this.unknown();
    if (service.externalName !== undefined) {
      return first === undefined ? this.alias(name, service.externalName) : this.unknown();
    }
    if (first === undefined) return this.plainService(name, type, service);
    if (second === undefined) return this.oneEndpoint(name, type, service, first);
    const port = second.startsWith("_") && first.startsWith("_") ? { name: second.slice(1), protocol: first.slice(1) } : undefined;
    return port === undefined ? this.unknown() : this.ports(name, type, service, port);
  }

  /** Answers every type: whoever asks is to ask again for the other name. */
  private alias(name: Name, target: string): ZoneAnswer {
    // An address in this field is no name: CoreDNS gives nothing for it, either.
    const alias = nameOf(target);
    if (addressData(target).length > 0 || !isSendable(alias)) return this.unknown();
    return this.found([this.record(name, { type: "CNAME", target: alias })]);
  }

  private plainService(name: Name, type: number, service: ZoneService): ZoneAnswer {
    if (service.clusterIPs.length === 0 && service.endpoints.length === 0) return this.unknown();
    const hasPorts = service.ports.length > 0;
    if (type === recordType.SRV) return hasPorts ? this.ports(name, type, service, undefined) : this.known(name, type, []);
    const ips = service.clusterIPs.length > 0 ? service.clusterIPs : service.endpoints.map((endpoint) => endpoint.ip);
    return this.known(name, type, ips.flatMap(addressData));
  }

  private oneEndpoint(name: Name, type: number, service: ZoneService, hostname: string): ZoneAnswer {
    const endpoints = service.endpoints.filter((endpoint) => endpoint.hostname.toLowerCase() === hostname);
    if (endpoints.length === 0) return this.unknown();
    if (type === recordType.SRV) return this.srv(name, this.endpointTargets(service, endpoints, undefined));
    return this.known(
      name,
      type,
      endpoints.flatMap((endpoint) => addressData(endpoint.ip)),
    );
  }

  /** `wanted`: one named port; undefined: all of them. */
  private ports(name: Name, type: number, service: ZoneService, wanted: PortName | undefined): ZoneAnswer {
    const target = this.serviceName(service);
    const targets =
      service.clusterIPs.length > 0
        ? service.ports.filter((port) => isPort(port, wanted)).map((port) => ({ port, target, ips: service.clusterIPs }))
        : this.endpointTargets(service, service.endpoints, wanted);
    if (targets.length === 0) return this.unknown();
    // Such a name has addresses, too: CoreDNS gives those of what is behind the port.
    if (type !== recordType.SRV) return this.known(name, type, [...new Set(targets.flatMap((each) => each.ips))].flatMap(addressData));
    return this.srv(name, targets);
  }

  private endpointTargets(service: ZoneService, endpoints: readonly ZoneEndpoint[], wanted: PortName | undefined): SrvTarget[] {
    return endpoints.flatMap(({ hostname, ip, ports }) =>
      ports.filter((port) => isPort(port, wanted)).map((port) => ({ port, target: [hostname, ...this.serviceName(service)], ips: [ip] })),
    );
  }

  private srv(name: Name, targets: readonly SrvTarget[]): ZoneAnswer {
    const weight = Math.max(1, Math.floor(weightTotal / Math.max(1, targets.length)));
    const answers = targets.map(({ port, target }) => this.record(name, { type: "SRV", priority, weight, port: port.number, target }));
    const addresses = new Map<string, ResourceRecord>();
    for (const { target, ips } of targets) {
      for (const data of ips.flatMap(addressData)) addresses.set(`${target.join(".")} ${JSON.stringify(data)}`, this.record(target, data));
    }
    return { ...this.found(answers), additionals: [...addresses.values()] };
  }

  private endpointNames(service: ZoneService, ip: string): Name[] {
    return service.endpoints.filter((each) => each.ip === ip).map((each) => [each.hostname, ...this.serviceName(service)]);
  }

  private serviceName({ name, namespace }: ZoneService): Name {
    return [name, namespace, "svc", ...this.domain];
  }

  private primary(): Name {
    return ["ns", "dns", ...this.domain];
  }

  private record(name: Name, data: RecordData): ResourceRecord {
    return { name, class: classIn, ttl: this.ttl, data };
  }

  /** The name exists; of its records, those of the type that was asked for. */
  private known(name: Name, type: number, all: readonly RecordData[]): ZoneAnswer {
    const wanted = all.filter((data) => type === recordType.ANY || (data.type !== "other" && recordType[data.type] === type));
    if (wanted.length > 0) return this.found(wanted.map((data) => this.record(name, data)));
    return { rcode: rcode.noError, answers: [], additionals: [], authorities: [this.soa()] };
  }

  private found(answers: readonly ResourceRecord[]): ZoneAnswer {
    return { rcode: rcode.noError, answers, additionals: [], authorities: [] };
  }

  private unknown(): ZoneAnswer {
    return { rcode: rcode.nameError, answers: [], additionals: [], authorities: [this.soa()] };
  }

  private soa(): ResourceRecord {
    return this.record(this.domain, {
      type: "SOA",
      primary: this.primary(),
      mailbox: ["hostmaster", ...this.domain],
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: this.ttl,
    });
  }
}

interface PortName {
  readonly name: string;
  readonly protocol: string;
}
interface SrvTarget {
  readonly port: ZonePort;
  readonly target: Name;
  readonly ips: readonly string[];
}

function isPort(port: ZonePort, wanted: PortName | undefined): boolean {
  return wanted === undefined || (port.name !== "" && port.name.toLowerCase() === wanted.name && port.protocol === wanted.protocol);
}

/** Whether a message can hold the name. */
function isSendable(name: Name): boolean {
  const bytes = name.reduce((sum, label) => sum + label.length + 1, 1);
  return name.length > 0 && bytes <= 255 && name.every((label) => label.length > 0 && label.length <= 63);
}

function addressData(ip: string): RecordData[] {
  if (ipv4Bytes(ip) !== undefined) return [{ type: "A", address: ip }];
  return ipv6Bytes(ip) === undefined ? [] : [{ type: "AAAA", address: ip }];
}

/** The address that `4.3.2.1.in-addr.arpa` or its long IPv6 counterpart asks about. */
export function reverseAddress(name: Name): string | undefined {
  const labels = lowerCase(name);
  if (isWithin(labels, ["in-addr", "arpa"]) && labels.length === 6) {
    const ip = labels.slice(0, 4).toReversed().join(".");
    return ipv4Bytes(ip) === undefined ? undefined : ip;
  }
  if (!isWithin(labels, ["ip6", "arpa"]) || labels.length !== 34) return undefined;
  const nibbles = labels.slice(0, 32).toReversed();
  if (nibbles.some((nibble) => !/^[0-9a-f]$/.test(nibble))) return undefined;
  return (nibbles.join("").match(/.{4}/g) ?? []).join(":");
}
