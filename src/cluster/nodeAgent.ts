/** The nodes of one agent put together: a kubelet each over shared informers, one Service proxy, all as clients of the API. */
import { Disposables } from "../base/disposables.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/eventRecorder.ts";
import { createClient } from "../client/httpClient.ts";
import type { InformerFactory } from "../client/informer.ts";
import { createInformerFactory } from "../client/informers.ts";
import type { Host } from "../host/host.ts";
import { clusterView } from "../dns/clusterView.ts";
import { createDnsServer, type DnsServer } from "../dns/server.ts";
import { ClusterZone } from "../dns/zone.ts";
import { createKubelet, type Kubelet, type KubeletDeps, type KubeletOptions } from "../kubelet/kubelet.ts";
import type { Transport } from "../machinery/http.ts";
import type { DataPlane } from "../proxy/ports/dataPlane.ts";
import { startProxy } from "../proxy/proxy.ts";

export interface AgentNode {
  readonly options: KubeletOptions;
  /** What this node runs on. */
  readonly adapters: Pick<KubeletDeps, "runtime" | "volumes" | "dialer">;
}

export interface NodeAgentOptions {
  readonly host: Host;
  readonly transport: Transport;
  readonly nodes: readonly AgentNode[];
  readonly dataPlane: DataPlane;
  readonly clusterDomain: string;
}

export interface NodeAgent extends AsyncDisposable {
  readonly kubelets: ReadonlyMap<string, Kubelet>;
  readonly client: Client;
  /** The caches that all of the agent shares. */
  readonly informers: InformerFactory;
  /** Cluster DNS, to be bound to sockets. */
  readonly dns: DnsServer;
}

const dnsTtlSeconds = 30;

/** Resolves when every node is registered and its pods are known. */
export async function startNodeAgent({ host, transport, nodes, dataPlane, clusterDomain }: NodeAgentOptions): Promise<NodeAgent> {
  const stack = new Disposables();
  const client = createClient(transport, { userAgent: "kubelet" });
  const informers = stack.add(createInformerFactory({ ...host, client }));
  stack.add(startProxy({ ...host, informers, dataPlane }, { nodes: nodes.map(({ options }) => options.nodeName) }));
  const dns = createDnsServer({ ...host, zone: new ClusterZone(clusterView(informers), { domain: clusterDomain, ttl: dnsTtlSeconds }) });
  const kubelets = new Map<string, Kubelet>();
  for (const { options, adapters } of nodes) {
    const events = stack.add(createEventRecorder({ ...host, client, component: "kubelet", host: options.nodeName }));
    kubelets.set(options.nodeName, stack.add(createKubelet({ ...host, client, informers, events, ...adapters }, options)));
  }
  try {
    await Promise.all([...kubelets.values()].map((kubelet) => kubelet.start()));
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
  return { kubelets, dns, informers, client, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}
