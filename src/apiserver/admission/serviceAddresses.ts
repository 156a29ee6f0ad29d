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
import { internalError, invalidObject } from "../../machinery/status.ts";
import type { Service } from "../../schema/shapes/core.v1.ts";
import type { CacheListener, KindCache } from "../storage/kindCache.ts";
import { listPrefix } from "../storage/keys.ts";
import type { Allocator } from "./admission.ts";
import { NodePorts } from "./nodePorts.ts";
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

export class ServiceAddresses implements Allocator {
  private readonly rangeText: string;
  private readonly addresses: NumberPool;
  private readonly ports: NodePorts;

  constructor(ranges: ServiceRanges, rng: Rng) {
    const { network, size } = serviceCidr(ranges);
    this.rangeText = ranges.cidr;
    // Neither the network's own address nor the last one.
    const staticBand = Math.min(Math.max(16, Math.floor(size / 16)), 256);
    this.addresses = new NumberPool({ first: network + 1, last: network + size - 2, staticBand }, rng);
    this.ports = new NodePorts({ first: ranges.firstNodePort, last: ranges.lastNodePort }, rng);
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
      this.ports.allocate(service, before, undo);
    } catch (error) {
      giveBack();
      throw error;
    }
    return Promise.resolve(giveBack);
  }

  released(): void {
    // The cache tells.
  }

  private allocateAddress({ spec, metadata }: Service, before: Service | undefined, undo: (() => void)[]): void {
    setFamilies(spec);
    if (spec.type === "ExternalName" || spec.clusterIP === "None") return;
    const asked = spec.clusterIP ?? "";
    if (asked !== "" && before?.spec.clusterIP === asked) return;
    const number = asked === "" ? this.addresses.takeAny() : parseIPv4(asked);
    if (number === undefined && asked === "") throw internalError("failed to allocate a serviceIP: range is full");
    if (number === undefined) return; // Validation says what is wrong with it.
    if (asked !== "") this.claim(number, asked, metadata.name);
    undo.push(() => this.addresses.giveBack(number));
    spec.clusterIP = formatIPv4(number);
    spec.clusterIPs = [spec.clusterIP];
  }

  private claim(number: number, asked: string, name: string): void {
    const refuse = (why: string): never => {
      const problem = invalid("spec.clusterIPs", [asked], `failed to allocate IP ${asked}: ${why}`);
      throw invalidObject({ group: "", kind: "Service" }, name, [problem]);
    };
    if (!this.addresses.contains(number)) {
      refuse(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${this.rangeText}`);
    }
    if (!this.addresses.take(number)) refuse("provided IP is already allocated");
  }

  private changed(now: Service | undefined, before: Service | undefined): void {
    for (const number of addressNumbers(now)) this.addresses.hold(number);
    for (const number of addressNumbers(before)) this.addresses.release(number);
    this.ports.changed(now, before);
  }
}

function nothing(): void {}

function addressNumbers(service: Service | undefined): number[] {
  const { clusterIP = "", clusterIPs = [] } = service?.spec ?? {};
  const numbers = [...new Set([clusterIP, ...clusterIPs])].map(parseIPv4);
  return numbers.filter((number) => number !== undefined);
}
