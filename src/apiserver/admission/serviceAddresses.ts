/**
 * Gives Services their cluster address and node ports, each unique, and knows from the cache which are in use, so that a restart forgets
 * nothing. LoadBalancer addresses are a controller's work.
 * Upstream: pkg/registry/core/service/storage/alloc.go
 */
import { assert } from "../../base/assert.ts";
import { formatIPv4, parseCidr, parseIPv4 } from "../../base/ipv4.ts";
import type { Cidr } from "../../base/ipv4.ts";
import type { Rng } from "../../base/rng.ts";
import { invalid } from "../../machinery/fieldErrors.ts";
import type { KubeObject } from "../../machinery/kind.ts";
import { internalError, invalidObject } from "../../machinery/status.ts";
import type { Service, ServiceSpec } from "../../schema/shapes/core.v1.ts";
import type { CacheListener, KindCache } from "../storage/kindCache.ts";
import { listPrefix } from "../storage/keys.ts";
import type { Allocator } from "./admission.ts";
import { NumberPool } from "./numberPool.ts";
import { setFamilies } from "./serviceFamilies.ts";

export interface ServiceRanges {
  /** E.g. `10.96.0.0/12`. */
  readonly cidr: string;
  readonly firstNodePort: number;
  readonly lastNodePort: number;
}

export const defaultServiceRanges: ServiceRanges = { cidr: "10.96.0.0/12", firstNodePort: 30_000, lastNodePort: 32_767 };

/** Our own configuration: a bad one is a bug. */
export function serviceCidr(ranges: ServiceRanges): Cidr {
  const range = parseCidr(ranges.cidr);
  assert(range !== undefined && range.size >= 4, `${ranges.cidr} is an IPv4 range for Services`);
  return range;
}

const serviceKind = { group: "", kind: "Service" };

export class ServiceAddresses implements Allocator {
  private readonly range: Cidr;
  private readonly rangeText: string;
  private readonly addresses: NumberPool;
  private readonly ports: NumberPool;

  constructor(ranges: ServiceRanges, rng: Rng) {
    this.range = serviceCidr(ranges);
    this.rangeText = ranges.cidr;
    const { network, size } = this.range;
    // Neither the network's own address nor the last one.
    const addressBand = Math.min(Math.max(16, Math.floor(size / 16)), 256);
    this.addresses = new NumberPool({ first: network + 1, last: network + size - 2, staticBand: addressBand }, rng);
    const { firstNodePort: first, lastNodePort: last } = ranges;
    const portBand = Math.min(Math.max(16, Math.floor((last - first + 1) / 32)), 128);
    this.ports = new NumberPool({ first, last, staticBand: last - first + 1 < 32 ? 0 : portBand }, rng);
  }

  /** Learns what is in use and follows it. Call when the cache is loaded. */
  follow(cache: KindCache): void {
    this.addresses.forgetHolders();
    this.ports.forgetHolders();
    for (const stored of cache.range(listPrefix(cache.kind, ""))) this.changed(stored.object as Service, undefined);
    const listener: CacheListener = {
      event: ({ current, previous }) => this.changed(current?.object as Service | undefined, previous?.object as Service | undefined),
      reset: () => this.follow(cache),
    };
    cache.subscribe(listener);
  }

  allocate(attributes: Parameters<Allocator["allocate"]>[0]): Promise<() => void> {
    const { kind, object, previous, subresource, operation } = attributes;
    const concerned = kind.group === "" && kind.plural === "services" && subresource === "" && operation !== "delete";
    if (!concerned || object === undefined) return Promise.resolve(nothing);
    const undo: (() => void)[] = [];
    const giveBack = (): void => {
      for (const back of undo) back();
    };
    try {
      const service = object as Service;
      const before = previous as Service | undefined;
      this.allocateAddress(service, before, undo);
      this.allocatePorts(service, before, undo);
    } catch (error) {
      giveBack();
      throw error;
    }
    return Promise.resolve(giveBack);
  }

  released(): void {
    // The cache tells.
  }

  private allocateAddress(service: Service, before: Service | undefined, undo: (() => void)[]): void {
    const { spec, metadata } = service;
    setFamilies(spec);
    if (spec.type === "ExternalName" || spec.clusterIP === "None") return;
    const asked = spec.clusterIP ?? spec.clusterIPs?.[0] ?? "";
    if (asked !== "" && before?.spec.clusterIP === asked) return;
    if (asked === "") {
      const number = this.addresses.takeAny();
      if (number === undefined) throw internalError("failed to allocate a serviceIP: range is full");
      undo.push(() => this.addresses.giveBack(number));
      spec.clusterIP = formatIPv4(number);
      spec.clusterIPs = [spec.clusterIP];
      return;
    }
    const number = parseIPv4(asked);
    if (number === undefined) return; // Validation says what is wrong with it.
    spec.clusterIP = asked;
    spec.clusterIPs ??= [asked];
    const refuse = (why: string): never => {
      const problem = invalid("spec.clusterIPs", spec.clusterIPs, `failed to allocate IP ${asked}: ${why}`);
      throw invalidObject(serviceKind, metadata.name, [problem]);
    };
    if (!this.addresses.contains(number)) {
      refuse(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${this.rangeText}`);
    }
    if (!this.addresses.take(number)) refuse("provided IP is already allocated");
    undo.push(() => this.addresses.giveBack(number));
  }

  private allocatePorts(service: Service, before: Service | undefined, undo: (() => void)[]): void {
    const { spec, metadata } = service;
    if (!takesNodePorts(spec)) return;
    const own = new Set(nodePortsOf(before));
    const keep = (number: number): void => {
      own.add(number);
      undo.push(() => this.ports.giveBack(number));
    };
    const refuse = (path: string, number: number, why: string): never => {
      throw invalidObject(serviceKind, metadata.name, [invalid(path, number, why)]);
    };
    for (const [index, port] of (spec.ports ?? []).entries()) {
      const asked = port.nodePort ?? 0;
      const path = `spec.ports[${index}].nodePort`;
      if (asked === 0) {
        if (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts === false) continue;
        const number = this.sharedPort(spec, index) ?? this.ports.takeAny();
        if (number === undefined) throw internalError("failed to allocate a nodePort: range is full");
        port.nodePort = number;
        if (!own.has(number)) keep(number);
      } else if (!own.has(asked)) {
        if (!this.ports.contains(asked)) {
          const valid = `${this.ports.first}-${this.ports.last}`;
          refuse(path, asked, `provided port is not in the valid range. The range of valid ports is ${valid}`);
        }
        if (!this.ports.take(asked)) refuse(path, asked, "provided port is already allocated");
        keep(asked);
      }
    }
    if (spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local" && (spec.healthCheckNodePort ?? 0) === 0) {
      const number = this.ports.takeAny();
      if (number === undefined) throw internalError("failed to allocate requested HealthCheck NodePort: range is full");
      spec.healthCheckNodePort = number;
      keep(number);
    }
  }

  /** The same port with another protocol shares its node port. */
  private sharedPort(spec: ServiceSpec, index: number): number | undefined {
    const ports = spec.ports ?? [];
    const mine = ports[index];
    return ports.find(
      (other, at) => at !== index && other.port === mine?.port && other.protocol !== mine.protocol && (other.nodePort ?? 0) !== 0,
    )?.nodePort;
  }

  private changed(now: Service | undefined, before: Service | undefined): void {
    for (const number of addressNumbers(now)) this.addresses.hold(number);
    for (const number of addressNumbers(before)) this.addresses.release(number);
    for (const number of new Set(nodePortsOf(now))) this.ports.hold(number);
    for (const number of new Set(nodePortsOf(before))) this.ports.release(number);
  }
}

function nothing(): void {}

function takesNodePorts({ type }: ServiceSpec): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function nodePortsOf(service: KubeObject | undefined): number[] {
  const spec = (service as Service | undefined)?.spec;
  const all = [...(spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0), spec?.healthCheckNodePort ?? 0];
  return all.filter((port) => port !== 0);
}

function addressNumbers(service: Service | undefined): number[] {
  const { clusterIP = "", clusterIPs = [] } = service?.spec ?? {};
  const numbers = [...new Set([clusterIP, ...clusterIPs])].map(parseIPv4);
  return numbers.filter((number) => number !== undefined);
}
