/**
 * The node agent's process, inside its own namespaces: network, container runtime, data plane and DNS for all nodes of this machine, wired to
 * kubelets and proxy. Gets its orders over IPC; ends when that channel closes.
 */
import { once } from "node:events";
import { mkdirSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import {
  nodePodCidr,
  nodeAddress,
  dnsAddress,
  podRange,
  serviceRange,
  apiInsideAddress,
  apiInsidePort,
  clusterDomain,
} from "../cluster/addressPlan.ts";
import { type AgentNode, type NodeAgent, startNodeAgent } from "../cluster/nodeAgent.ts";
import { kubernetesVersion } from "../cluster/upstreamVersion.ts";
import { Disposables } from "../base/disposables.ts";
import { createEventRecorder } from "../client/eventRecorder.ts";
import { service as serviceKind } from "../api/core/v1/service.ts";
import { openBorder, type Border } from "../host-node/border/agentSide.ts";
import { createBalancer, type ServiceListener } from "../host-node/border/balancer.ts";
import { chooseDataPlane, type ChosenDataPlane, withBalancer } from "../host-node/dataplane/choose.ts";
import { connectionTrace } from "../host-node/connectionTrace.ts";
import { listenDns } from "../host-node/dnsListener.ts";
import type { ImageLibrary } from "../host-node/images/images.ts";
import { type ClusterNetwork, openClusterNetwork } from "../host-node/network/clusterNetwork.ts";
import { nodeHost } from "../host-node/nodeHost.ts";
import { serveNodes } from "../host-node/nodeLink.ts";
import { nodeProbeDialer } from "../host-node/probeDialer.ts";
import { openControlGroups } from "../host-node/runtime/cgroups/controlGroups.ts";
import { createEmbeddedRuntime } from "../host-node/runtime/embedded/runtime.ts";
import { openShelf } from "../host-node/runtime/embedded/shelf.ts";
import { withBearer } from "../host-node/closableTransport.ts";
import { unixTransport } from "../host-node/plainTransports.ts";
import { diskVolumes } from "../host-node/volumes.ts";
import type { Host } from "../host/host.ts";
import type { ContainerRuntime } from "../kubelet/ports/runtime.ts";
import type { DataPlane } from "../proxy/ports/dataPlane.ts";
import { agentImages, releaseUnused } from "./agentImages.ts";
import { groupsName, noteGroups } from "./leftGroups.ts";
import type { AgentNodePlan, AgentOrders, AgentReport } from "./messages.ts";
import { machineInfo } from "./machineInfo.ts";

const nodePortAddress = "127.0.0.1";
const podsPerNode = "110";

/** What `report` sends goes to the control plane. */
export async function runAgent(orders: AgentOrders, report: (message: AgentReport) => void): Promise<AsyncDisposable> {
  const host = nodeHost();
  const stack = new Disposables();
  const border = stack.add(openBorder(process));
  const network = stack.add(await openClusterNetwork({ podRange, serviceRange, dnsAddress, pid: process.pid }));
  await network.addLocalAddress(apiInsideAddress);
  const images = agentImages(orders, stateFolder(orders, "images"));
  const [chosen, nodes] = await Promise.all([
    chooseDataPlane({ ...host, network, serviceRange, reserved: [dnsAddress] }),
    nodesOf(orders, { network, images, host, border, stack }),
    offerApiListener(border),
  ]);
  stack.add(
    releaseUnused(
      images,
      nodes.map(({ adapters }) => adapters.runtime),
    ),
  );
  const link = stack.add(closable(withBearer(unixTransport(orders.apiSocket), orders.token)));
  let agent: NodeAgent | undefined;
  const onListener = (listener: ServiceListener): void => {
    report({ type: "listener", address: listener.address, wantedPort: listener.wantedPort, port: listener.port });
    if (agent !== undefined) tellListener(agent, host, listener);
  };
  const connections = stack.add(connectionTrace(join(orders.folder, "run")));
  const balancer = createBalancer({ ...host, border, nodePortAddress, onListener, connections });
  const dataPlane = stack.add(withoutDns(withBalancer(chosen.dataPlane, balancer)));
  const kubelets = (name: string): ReturnType<NodeAgent["kubelets"]["get"]> => agent?.kubelets.get(name);
  stack.add(await serveNodes(orders.agentSocket, kubelets));
  agent = stack.add(await startNodeAgent({ host, transport: link.transport, nodes, dataPlane, clusterDomain }));
  for (const listener of balancer.listeners()) tellListener(agent, host, listener);
  stack.add(await listenDns(dnsAddress, agent.dns));
  report({
    type: "ready",
    runtime: nodes[0]?.adapters.runtime.version ?? "",
    dataPlane: chosen.dataPlane.name,
    notes: notesOf(chosen, nodes),
  });
  return stack;
}

function stateFolder(orders: AgentOrders, ...parts: readonly string[]): string {
  const path = join(orders.folder, ...parts);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

interface NodeParts {
  readonly network: ClusterNetwork;
  readonly images: ImageLibrary;
  readonly host: Host;
  readonly border: Border;
  readonly stack: Disposables;
}

async function nodesOf(orders: AgentOrders, parts: NodeParts): Promise<readonly AgentNode[]> {
  const at = (...path: string[]): string => stateFolder(orders, ...path);
  const makeRuntime = orders.criSocket === "" ? await embeddedRuntimes(orders, parts) : await criRuntimes(orders, parts);
  const machine = machineInfo();
  const { blocks, bsize } = statfsSync(orders.folder);
  const diskBytes = blocks * bsize;
  return Promise.all(
    orders.nodes.map(async (plan): Promise<AgentNode> => {
      const { name, index } = plan;
      await parts.network.addNode({ name, index, ip: nodeAddress(index), podCidr: nodePodCidr(index) });
      const runtime = await makeRuntime(name);
      return {
        adapters: { runtime, volumes: diskVolumes({ folder: at("volumes", name) }), dialer: nodeProbeDialer },
        options: kubeletOptions(plan, machine, diskBytes),
      };
    }),
  );
}

type MakeRuntime = (nodeName: string) => Promise<ContainerRuntime>;

async function embeddedRuntimes(orders: AgentOrders, { network, images, host }: NodeParts): Promise<MakeRuntime> {
  const { asRoot, version } = orders;
  const shelf = await openShelf(stateFolder(orders, "shelf"), asRoot, stateFolder(orders, "seccomp"));
  const cgroups = openControlGroups(groupsName(orders.clusterName, orders.folder), host.clock);
  noteGroups(orders.folder, cgroups.folders);
  return async (nodeName) =>
    createEmbeddedRuntime({
      ...host,
      nodeName,
      version,
      network,
      images,
      shelf,
      cgroups,
      asRoot,
      logFolder: stateFolder(orders, "logs", "pods", nodeName),
    });
}

/** Loaded when it is asked for: other clusters shall not pay for it. */
async function criRuntimes(orders: AgentOrders, { network, host, border, stack }: NodeParts): Promise<MakeRuntime> {
  const { openCri } = await import("./criNodes.ts");
  const cri = stack.add(await openCri({ orders, host, border }));
  return (nodeName) => cri.runtime(nodeName, network, stateFolder(orders, "cri", nodeName));
}

function kubeletOptions({ name, index }: AgentNodePlan, machine: ReturnType<typeof machineInfo>, diskBytes: number): AgentNode["options"] {
  return {
    nodeName: name,
    nodeIp: nodeAddress(index),
    podCidr: nodePodCidr(index),
    capacity: {
      cpu: String(cpus().length),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      "ephemeral-storage": `${Math.floor(diskBytes / 1024)}Ki`,
      pods: podsPerNode,
    },
    clusterDns: dnsAddress,
    clusterDomain,
    version: kubernetesVersion,
    machine: { ...machine, kernelVersion: release() },
  };
}

/** Opens the API server's listener inside the network and hands it to the control plane. */
async function offerApiListener(border: Border): Promise<void> {
  const server = createServer();
  server.listen(apiInsidePort, apiInsideAddress);
  await once(server, "listening");
  await border.offer("kubernetes", server);
}

function notesOf(chosen: ChosenDataPlane, nodes: readonly AgentNode[]): readonly string[] {
  const limits = nodes[0]?.adapters.runtime.limits;
  return [
    ...(chosen.dataPlane.name === "nftables" ? [] : [chosen.why]),
    ...(limits === undefined || limits.enforced ? [] : [`CPU and memory limits are not enforced: ${limits.why}`]),
  ];
}

/** DNS is answered by this process on the address itself: no rule may stand before it. */
function withoutDns(dataPlane: DataPlane): DataPlane {
  return {
    name: dataPlane.name,
    apply: (rules) => dataPlane.apply(rules.filter((rule) => rule.clusterIP !== dnsAddress)),
    [Symbol.asyncDispose]: () => dataPlane[Symbol.asyncDispose](),
  };
}

/** An event on the Service whose port could not be had as asked for. */
function tellListener(agent: NodeAgent, host: Host, { rule, address, wantedPort, port, reason }: ServiceListener): void {
  if (port === wantedPort) return;
  const [namespace = "", name = ""] = (rule.split(":")[0] ?? "").split("/");
  const service = agent.informers.informer(serviceKind).get({ namespace, name });
  if (service === undefined) return;
  const events = createEventRecorder({ ...host, client: agent.client, component: "coxswain-border" });
  const instead = port === 0 ? "it is not reachable from this machine" : `it answers on ${address}:${port} instead`;
  events.event(
    service,
    "Warning",
    "PortUnavailable",
    `${address}:${wantedPort} can't be bound (${reason}): ${instead}; see cox service url ${name}`,
  );
}

function closable(connection: ReturnType<typeof withBearer>): ReturnType<typeof withBearer> & Disposable {
  return { ...connection, [Symbol.dispose]: connection.close };
}
