/**
 * A whole cluster in one process: control plane over a store in memory and simulated nodes, joined by function calls. On a virtual clock it is
 * deterministic from its seed. For tests, simulations and the browser; `cox up` runs the same parts as processes.
 */
import { Disposables } from "../base/disposables.ts";
import type { Client } from "../client/client.ts";
import type { Host } from "../host/host.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import { createSimulation, type SimulationOptions } from "../kubelet/simulated/simulation.ts";
import type { NodeConnector } from "../apiserver/ports/nodeConnector.ts";
import type { Transport } from "../machinery/http.ts";
import { failure } from "../machinery/status.ts";
import type { DataPlane, ServiceRule } from "../proxy/ports/dataPlane.ts";
import { memoryStore } from "../store/memory.ts";
import type { Store } from "../store/store.ts";
import { apiInsideAddress, apiInsidePort, clusterDomain, dnsAddress, loadBalancerRange, nodeAddress, nodePodCidr } from "./addressPlan.ts";
import { adminIdentity, type ControlPlane, type ControlPlaneOptions, startControlPlane } from "./controlPlane.ts";
import { startNodeAgent } from "./nodeAgent.ts";
import { kubernetesVersion } from "./upstreamVersion.ts";

export interface ClusterOptions {
  /** Simulated nodes, `node-1` and on. Default 1. */
  readonly nodes?: number | undefined;
  /** Of each node. Default: 8 CPUs, 32 GiB, 110 pods. */
  readonly capacity?: Readonly<Record<string, string>> | undefined;
  /** How pods behave where their annotations don't say. Default: everything happens at once. */
  readonly profile?: SimulationOptions["profile"];
  /** Default: memory. */
  readonly store?: Store | undefined;
  /** More for the API server: field descriptions, authentication. */
  readonly api?: Pick<ControlPlaneOptions["api"], "descriptions" | "authentication"> | undefined;
  /** Wraps every component's way to the API server: fault injection. */
  readonly wrapTransport?: ((transport: Transport, component: string) => Transport) | undefined;
  /** Called with the Service table each time that one is applied. */
  readonly onServiceRules?: ((rules: readonly ServiceRule[]) => void) | undefined;
}

export interface Cluster extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  /** The admin's. */
  readonly client: Client;
  readonly transport: Transport;
  readonly kubelets: ReadonlyMap<string, Kubelet>;
  /** The Service table as last applied. */
  serviceRules(): readonly ServiceRule[];
}

const roomy = { cpu: "8", memory: "32Gi", "ephemeral-storage": "100Gi", pods: "110" };
const agentIdentity = { commonName: "system:node:agent", organizations: ["system:nodes", "system:node-proxier"] };

/** Resolves when the control plane serves and the nodes are registered. */
export async function createCluster(options: ClusterOptions, host: Host): Promise<Cluster> {
  const stack = new Disposables();
  const kubelets = new Map<string, Kubelet>();
  const controlPlane = stack.add(
    await startControlPlane({
      host,
      platform: "linux/amd64",
      controllers: { loadBalancerRange: loadBalancerRange(0), caCert: "" },
      api: {
        ...options.api,
        store: options.store ?? memoryStore(),
        nodeConnector: connectorTo(kubelets),
        advertise: { address: apiInsideAddress, port: apiInsidePort },
      },
      ...(options.wrapTransport === undefined ? {} : { wrapTransport: options.wrapTransport }),
    }),
  );
  const simulation = stack.add(createSimulation({ clock: host.clock, rng: host.rng, profile: options.profile }));
  const names = Array.from({ length: options.nodes ?? 1 }, (_, at) => ({ nodeName: `node-${at + 1}`, index: at + 1 }));
  const dataPlane = rememberingDataPlane(options.onServiceRules ?? (() => undefined));
  const agent = stack.add(
    await startNodeAgent({
      host,
      dataPlane,
      clusterDomain,
      transport: controlPlane.transportAs(agentIdentity),
      nodes: names.map(({ nodeName, index }) => ({
        adapters: simulation.node(simulatedCidr(index)),
        options: {
          nodeName,
          nodeIp: nodeAddress(index),
          podCidr: simulatedCidr(index),
          capacity: options.capacity ?? roomy,
          clusterDns: dnsAddress,
          clusterDomain,
          version: kubernetesVersion,
        },
      })),
    }),
  );
  for (const [name, kubelet] of agent.kubelets) kubelets.set(name, kubelet);
  return {
    controlPlane,
    client: controlPlane.clientAs(adminIdentity),
    transport: controlPlane.transportAs(adminIdentity),
    kubelets,
    serviceRules: () => dataPlane.rules,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** 254 nodes as real ones have them, further ones beyond. */
function simulatedCidr(index: number): string {
  return index < 255 ? nodePodCidr(index) : `10.${128 + Math.floor(index / 256)}.${index % 256}.0/24`;
}

function connectorTo(kubelets: ReadonlyMap<string, Kubelet>): NodeConnector {
  const kubelet = (name: string): Kubelet => {
    const found = kubelets.get(name);
    if (found === undefined) throw failure(503, "ServiceUnavailable", `node ${name} can't be reached`);
    return found;
  };
  return {
    request: async (name, request) => kubelet(name).handle(request),
    stream: async (name, url, peer) => kubelet(name).stream(url, peer),
  };
}

function rememberingDataPlane(onRules: (rules: readonly ServiceRule[]) => void): DataPlane & { rules: readonly ServiceRule[] } {
  const plane = {
    name: "simulated" as const,
    rules: [] as readonly ServiceRule[],
    apply(rules: readonly ServiceRule[]): Promise<void> {
      plane.rules = rules;
      onRules(rules);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return plane;
}
