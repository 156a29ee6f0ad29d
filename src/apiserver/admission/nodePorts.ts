/** Node ports of Services: given out, checked, followed. Upstream: pkg/registry/core/service/storage/alloc.go */
import type { Rng } from "../../base/rng.ts";
import { invalid } from "../../machinery/fieldErrors.ts";
import { internalError, invalidObject } from "../../machinery/status.ts";
import type { Service, ServicePort, ServiceSpec } from "../../schema/shapes/core.v1.ts";
import { NumberPool } from "./numberPool.ts";

export class NodePorts {
  private readonly pool: NumberPool;

  constructor(range: { readonly first: number; readonly last: number }, rng: Rng) {
    const size = range.last - range.first + 1;
    const staticBand = size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    this.pool = new NumberPool({ ...range, staticBand }, rng);
  }

  /** Fills in what is missing and claims what is asked for; `undo` gets what takes that back. */
  allocate(service: Service, before: Service | undefined, undo: (() => void)[]): void {
    const { spec, metadata } = service;
    if (spec.type !== "NodePort" && spec.type !== "LoadBalancer") return;
    const own = new Set(nodePortsOf(before));
    const keep = (number: number): void => {
      own.add(number);
      undo.push(() => this.pool.giveBack(number));
    };
    for (const [index, port] of (spec.ports ?? []).entries()) {
      const asked = port.nodePort ?? 0;
      if (asked !== 0 && own.has(asked)) continue;
      if (asked !== 0) {
        this.claim(asked, metadata.name, `spec.ports[${index}].nodePort`);
        keep(asked);
      } else if (givesPorts(spec)) {
        port.nodePort = sharedPort(spec, port) ?? this.any("failed to allocate a nodePort: range is full");
        if (!own.has(port.nodePort)) keep(port.nodePort);
      }
    }
    if (!needsHealthCheck(spec)) return;
    spec.healthCheckNodePort = this.any("failed to allocate requested HealthCheck NodePort: range is full");
    keep(spec.healthCheckNodePort);
  }

  changed(now: Service | undefined, before: Service | undefined): void {
    for (const number of new Set(nodePortsOf(now))) this.pool.hold(number);
    for (const number of new Set(nodePortsOf(before))) this.pool.release(number);
  }

  forgetHolders(): void {
    this.pool.forgetHolders();
  }

  private claim(number: number, name: string, path: string): void {
    const refuse = (why: string): never => {
      throw invalidObject({ group: "", kind: "Service" }, name, [invalid(path, number, why)]);
    };
    if (!this.pool.contains(number)) {
      const valid = `${this.pool.first}-${this.pool.last}`;
      refuse(`provided port is not in the valid range. The range of valid ports is ${valid}`);
    }
    if (!this.pool.take(number)) refuse("provided port is already allocated");
  }

  private any(failure: string): number {
    const number = this.pool.takeAny();
    if (number === undefined) throw internalError(failure);
    return number;
  }
}

function givesPorts(spec: ServiceSpec): boolean {
  return spec.type === "NodePort" || spec.allocateLoadBalancerNodePorts !== false;
}

function needsHealthCheck(spec: ServiceSpec): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local" && (spec.healthCheckNodePort ?? 0) === 0;
}

/** The same port with another protocol shares its node port. */
function sharedPort(spec: ServiceSpec, mine: ServicePort): number | undefined {
  const twin = (spec.ports ?? []).find((port) => port.port === mine.port && port.protocol !== mine.protocol && (port.nodePort ?? 0) !== 0);
  return twin?.nodePort;
}

function nodePortsOf(service: Service | undefined): number[] {
  const spec = service?.spec;
  const all = [...(spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0), spec?.healthCheckNodePort ?? 0];
  return all.filter((port) => port !== 0);
}
