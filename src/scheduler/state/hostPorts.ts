/** Ports of the host that pods take. An address of 0.0.0.0 collides with any. Upstream: staging/src/k8s.io/kube-scheduler/framework/types.go (HostPortInfo) */
import type { Pod } from "../../schema/shapes/core.v1.ts";

export interface HostPort {
  readonly ip: string;
  /** Protocol and number, e.g. `TCP/80`. */
  readonly port: string;
}

const anyAddress = "0.0.0.0";

export function hostPortsOf(pod: Pod): HostPort[] {
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  const ports: HostPort[] = [];
  for (const container of [...sidecars, ...pod.spec.containers]) {
    for (const { hostPort = 0, hostIP = "", protocol = "TCP" } of container.ports ?? []) {
      if (hostPort > 0) ports.push({ ip: hostIP === "" ? anyAddress : hostIP, port: `${protocol}/${hostPort}` });
    }
  }
  return ports;
}

export class HostPorts {
  /** By port: the addresses it is taken on, and by how many. */
  private readonly taken = new Map<string, Map<string, number>>();

  add({ ip, port }: HostPort): void {
    const addresses = this.taken.get(port) ?? new Map<string, number>();
    this.taken.set(port, addresses.set(ip, (addresses.get(ip) ?? 0) + 1));
  }

  remove({ ip, port }: HostPort): void {
    const addresses = this.taken.get(port);
    const left = (addresses?.get(ip) ?? 0) - 1;
    if (left > 0) addresses?.set(ip, left);
    else addresses?.delete(ip);
    if (addresses?.size === 0) this.taken.delete(port);
  }

  collides({ ip, port }: HostPort): boolean {
    const addresses = this.taken.get(port);
    if (addresses === undefined) return false;
    return ip === anyAddress || addresses.has(ip) || addresses.has(anyAddress);
  }
}
