/** The agent's nodes on a container runtime that speaks CRI: the engine, and what this machine has of images for it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Border } from "../host-node/border/agentSide.ts";
import { type CriEngine, openEngine } from "../host-node/cri/engine.ts";
import { type OwnRegistry, serveOwnImages } from "../host-node/cri/ownRegistry.ts";
import { clusterLabel } from "../host-node/cri/ownership.ts";
import { openRuntimeGroups } from "../host-node/cri/podGroups.ts";
import { createCriRuntime } from "../host-node/cri/runtime.ts";
import { catalogueSource, nodeInside } from "../host-node/images/catalogue.ts";
import { imageFolder, openImageStore } from "../host-node/images/home.ts";
import { StandIns } from "../host-node/images/oci/standIns.ts";
import type { ClusterNetwork } from "../host-node/network/clusterNetwork.ts";
import type { Host } from "../host/host.ts";
import type { ContainerRuntime } from "../kubelet/ports/runtime.ts";
import { groupsName, noteGroups } from "./leftGroups.ts";
import type { AgentOrders } from "./messages.ts";

export interface CriParts {
  readonly orders: AgentOrders;
  readonly host: Host;
  readonly border: Border;
}

export interface Cri extends Disposable {
  runtime(nodeName: string, network: ClusterNetwork, folder: string): Promise<ContainerRuntime>;
}

export async function openCri({ orders, host, border }: CriParts): Promise<Cri> {
  const { clusterName, folder, criSocket } = orders;
  const dial = (address: string, port: number): ReturnType<Border["dial"]> => border.dial(loopback(address), port);
  const engine = await openEngine({ socketPath: criSocket, cluster: clusterLabel(clusterName, folder), dial, ...host });
  const registry = await ownRegistry(orders, border);
  const groups = openRuntimeGroups(engine, groupsName(clusterName, folder), host.clock);
  noteGroups(folder, groups?.tree.folders ?? []);
  return {
    runtime: (nodeName, network, own) => createCriRuntime({ engine, nodeName, network, folder: own, ownImages: registry.find, groups }),
    [Symbol.dispose]: () => close(engine, registry),
  };
}

function close(engine: CriEngine, registry: OwnRegistry): void {
  registry[Symbol.dispose]();
  engine[Symbol.dispose]();
}

/** A streaming server that listens everywhere tells an address of the machine's: its loopback will do. */
function loopback(address: string): string {
  return address.startsWith("127.") ? address : "127.0.0.1";
}

async function ownRegistry(orders: AgentOrders, border: Border): Promise<OwnRegistry> {
  const { server, port } = await border.listen("127.0.0.1", 0);
  const store = openImageStore(orders.home);
  if (!orders.catalogue) return serveOwnImages({ server, port, store, standIns: undefined });
  const roots = join(orders.folder, "images");
  mkdirSync(roots, { recursive: true, mode: 0o700 });
  const standIns = new StandIns({
    catalogue: catalogueSource({ folder: roots, programs: join(orders.programs, "catalogue") }),
    folder: join(imageFolder(orders.home), "stand-ins"),
    node: { source: process.execPath, inside: nodeInside },
  });
  return serveOwnImages({ server, port, store, standIns });
}
