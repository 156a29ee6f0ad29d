/**
 * The cluster's network: one namespace for all nodes of this machine (the agent's own, docs/adr/0001), one more per pod, joined by
 * point-to-point veth pairs. Nothing here has a route, an address or a socket outside. Service rules are the data plane's.
 * Left out: IPv6, pods on other machines.
 */
import { writeFile } from "node:fs/promises";
import { type AddressPool, addressPool } from "./addressPool.ts";
import { type IpSession, openIpSession } from "./ipSession.ts";

/** What every pod sees as its gateway; only ever on the node's end of a veth pair. */
const gateway = "169.254.1.1";

export interface ClusterNetworkOptions {
  /** Of all nodes together, e.g. 10.244.0.0/16. */
  readonly podRange: string;
  /** E.g. 10.96.0.0/12. */
  readonly serviceRange: string;
  /** Where DNS answers, e.g. 10.96.0.10. */
  readonly dnsAddress: string;
  /** A pid whose network namespace is the agent's own: pods hang their veth's other end there. */
  readonly pid: number;
}

export interface NodeNetwork {
  readonly name: string;
  /** From 1: also the link group of the node's veth ends. */
  readonly index: number;
  readonly ip: string;
  readonly podCidr: string;
}

export interface PodLink {
  readonly ip: string;
  /** `ip -batch` lines that make the pod's end; run inside the pod's namespace, before `attach`. */
  readonly insideLines: readonly string[];
}

export interface ClusterNetwork extends AsyncDisposable {
  readonly nodes: readonly NodeNetwork[];
  addNode(node: NodeNetwork): Promise<void>;
  /** Reserves an address (`wanted`, if it is free) and a link name; throws AddressesExhausted. */
  reserve(sandboxId: string, nodeName: string, wanted?: string): PodLink;
  /** Makes the node's end of the link; the pod answers when it resolves. */
  attach(sandboxId: string): Promise<void>;
  /** Frees the address; the link itself goes with the pod's namespace. Idempotent. */
  release(sandboxId: string): void;
  /**
   * How packets to the Service range find their way. "rewritten": the kernel's rules replace the address, so it only needs to look reachable.
   * "listeners": Services in use are addresses of this namespace, all others are unreachable.
   */
  routeServices(by: "rewritten" | "listeners"): Promise<void>;
  /** Further addresses that this namespace answers on (userspace Services, DNS). */
  addLocalAddress(address: string): Promise<void>;
  removeLocalAddress(address: string): Promise<void>;
}

export async function openClusterNetwork(options: ClusterNetworkOptions): Promise<ClusterNetwork> {
  await Promise.all([
    writeFile("/proc/sys/net/ipv4/ip_forward", "1"),
    writeFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"),
    writeFile("/proc/sys/net/ipv4/conf/all/rp_filter", "0"),
    // "No route to host" is an answer that clients wait for: not one a second, but each time.
    writeFile("/proc/sys/net/ipv4/icmp_ratelimit", "0").catch(() => undefined),
    // A pod's end comes and goes: without this each veth waits a second for duplicate address detection it doesn't need.
    writeFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").catch(() => undefined),
  ]);
  const ip = openIpSession();
  await ip.run([
    "link set lo up",
    `addr replace ${options.dnsAddress}/32 dev lo`,
    // Addresses of pods that are gone answer at once ("no route to host") instead of falling off the edge.
    `route replace unreachable ${options.podRange}`,
  ]);
  return new NamespaceNetwork(ip, options);
}

/** Names are never used twice: the kernel takes a pod's link away some time after the pod. */
let links = 0;

interface Reserved {
  readonly link: PodLink;
  readonly device: string;
  readonly node: NodeNetwork;
}

class NamespaceNetwork implements ClusterNetwork {
  readonly nodes: NodeNetwork[] = [];
  readonly #pools = new Map<string, AddressPool>();
  readonly #pods = new Map<string, Reserved>();
  readonly #ip: IpSession;
  readonly #options: ClusterNetworkOptions;
  #serviceRoute: "rewritten" | "listeners" = "rewritten";

  constructor(ip: IpSession, options: ClusterNetworkOptions) {
    this.#ip = ip;
    this.#options = options;
  }

  async addNode(node: NodeNetwork): Promise<void> {
    if (this.#pools.has(node.name)) return;
    this.#pools.set(node.name, addressPool(node.podCidr));
    this.nodes.push(node);
    await this.#ip.run([`addr replace ${node.ip}/32 dev lo`]);
    if (this.nodes[0] === node) await this.routeServices(this.#serviceRoute);
  }

  async routeServices(by: "rewritten" | "listeners"): Promise<void> {
    this.#serviceRoute = by;
    const [first] = this.nodes;
    if (first === undefined) return;
    const { serviceRange } = this.#options;
    // The output hook only sees what is routed; the first node's address is the agent's own.
    const route = by === "rewritten" ? `${serviceRange} dev lo src ${first.ip}` : `unreachable ${serviceRange}`;
    await this.#ip.run([`route replace ${route}`]);
  }

  reserve(sandboxId: string, nodeName: string, wanted?: string): PodLink {
    const known = this.#pods.get(sandboxId);
    if (known !== undefined) return known.link;
    const pool = this.#pools.get(nodeName);
    const node = this.nodes.find((each) => each.name === nodeName);
    if (pool === undefined || node === undefined) throw new Error(`node ${nodeName} has no pod range yet`);
    const ip = pool.take(sandboxId, wanted);
    links += 1;
    const device = `pod${process.pid.toString(36)}-${links.toString(36)}`;
    const link = { ip, insideLines: insideLines(ip, device, this.#options.pid) };
    this.#pods.set(sandboxId, { link, device, node });
    return link;
  }

  async attach(sandboxId: string): Promise<void> {
    const pod = this.#pods.get(sandboxId);
    if (pod === undefined) throw new Error(`no address is reserved for sandbox ${sandboxId}`);
    await this.#ip.run([
      `link set ${pod.device} group ${pod.node.index} up`,
      `addr add ${gateway}/32 dev ${pod.device}`,
      `route replace ${pod.link.ip}/32 dev ${pod.device} src ${pod.node.ip}`,
    ]);
  }

  release(sandboxId: string): void {
    const pod = this.#pods.get(sandboxId);
    if (pod === undefined) return;
    this.#pods.delete(sandboxId);
    this.#pools.get(pod.node.name)?.free(sandboxId);
  }

  addLocalAddress(address: string): Promise<void> {
    return this.#ip.run([`addr replace ${address}/32 dev lo`]);
  }

  removeLocalAddress(address: string): Promise<void> {
    return this.#ip.run([`addr del ${address}/32 dev lo`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ip[Symbol.asyncDispose]();
  }
}

function insideLines(ip: string, device: string, agentPid: number): readonly string[] {
  return [
    `link add eth0 type veth peer name ${device} netns /proc/${agentPid}/ns/net`,
    "link set lo up",
    `addr add ${ip}/32 dev eth0`,
    "link set eth0 up",
    `route add ${gateway} dev eth0`,
    `route add default via ${gateway} dev eth0 src ${ip}`,
  ];
}
