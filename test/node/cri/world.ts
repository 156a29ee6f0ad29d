/** Nodes on a private containerd, inside the test's own network namespace: where the agent would stand. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { basename, join } from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { type CriEngine, openEngine } from "../../../src/host-node/cri/engine.ts";
import { type OwnRegistry, serveOwnImages } from "../../../src/host-node/cri/ownRegistry.ts";
import { openRuntimeGroups, type RuntimeGroups } from "../../../src/host-node/cri/podGroups.ts";
import { createCriRuntime } from "../../../src/host-node/cri/runtime.ts";
import { type ClusterNetwork, openClusterNetwork } from "../../../src/host-node/network/clusterNetwork.ts";
import { nodeHost } from "../../../src/host-node/nodeHost.ts";
import { removeGroups } from "../../../src/host-node/runtime/cgroups/removeGroups.ts";
import { runTool } from "../../../src/host-node/tool.ts";
import type { Host } from "../../../src/host/host.ts";
import type { ContainerRuntime } from "../../../src/kubelet/ports/runtime.ts";
import { ImageStore } from "../../../src/host-node/images/store/imageStore.ts";
import { untilTrue } from "../../lab/realCluster.ts";
import { sha256 } from "../images/builder.ts";
import { busyboxImage, busyboxName, type PrivateContainerd, privateContainerd } from "./privateContainerd.ts";

export const host: Host = { ...nodeHost(), log: silentLog };

export interface Machine extends AsyncDisposable {
  readonly containerd: PrivateContainerd;
  /** As when the agent has ended and stands again: no link of before is there. */
  restartNetwork(): Promise<void>;
  /** A cluster's engine. */
  engine(cluster: string): Promise<CriEngine>;
  node(engine: CriEngine, name: "node-1" | "node-2", changes?: Partial<ClusterNetwork>): Promise<ContainerRuntime>;
  /** Everything that a node has in the runtime. */
  clear(runtime: ContainerRuntime): Promise<void>;
}

async function openNetwork(): Promise<ClusterNetwork> {
  const network = await openClusterNetwork({
    podRange: "10.244.0.0/16",
    serviceRange: "10.96.0.0/12",
    dnsAddress: "10.96.0.10",
    pid: process.pid,
  });
  for (const index of [1, 2])
    await network.addNode({ name: `node-${index}`, index, ip: `172.31.0.${index}`, podCidr: `10.244.${index}.0/24` });
  return network;
}

function changed(network: ClusterNetwork, changes: Partial<ClusterNetwork>): ClusterNetwork {
  return new Proxy(network, {
    get(target, name) {
      const member: unknown = Reflect.get(name in changes ? changes : target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

export async function makeMachine(prepareRoot?: (path: string) => void): Promise<Machine> {
  let network = await openNetwork();
  const containerd = await privateContainerd(prepareRoot);
  const registry = await registryWith(loadedName, join(containerd.folder, "images"));
  const engines: CriEngine[] = [];
  const trees = new Map<string, RuntimeGroups>();
  const groupsOf = (engine: CriEngine): RuntimeGroups | undefined => {
    const name = `coxswain-test-${engine.cluster}-${basename(containerd.folder)}`;
    const groups = openRuntimeGroups(engine, name, host.clock);
    if (groups !== undefined) trees.set(name, groups);
    return groups;
  };
  return {
    containerd,
    async restartNetwork() {
      await network[Symbol.asyncDispose]();
      for (const name of readdirSync("/sys/class/net")) if (name.startsWith("pod")) await runTool("ip", ["link", "del", name]);
      network = await openNetwork();
    },
    async engine(cluster) {
      const engine = await openEngine({ socketPath: containerd.socket, cluster, dial, ...host });
      engines.push(engine);
      return engine;
    },
    async node(engine, nodeName, changes = {}) {
      const folder = join(containerd.folder, "nodes", engine.cluster, nodeName);
      mkdirSync(folder, { recursive: true });
      const ownImages = registry.find;
      return await createCriRuntime({ engine, nodeName, network: changed(network, changes), folder, ownImages, groups: groupsOf(engine) });
    },
    async clear(runtime) {
      for (const { id } of await runtime.sandboxes.list()) await runtime.sandboxes.remove(id);
    },
    async [Symbol.asyncDispose]() {
      registry[Symbol.dispose]();
      for (const engine of engines) engine[Symbol.dispose]();
      await containerd[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
      const folders = [...trees.values()].flatMap(({ tree }) => tree.folders);
      await untilTrue(() => folders.map(removeGroups).every(Boolean), "the control groups are gone");
      rmSync(containerd.folder, { recursive: true, force: true });
    },
  };
}

export const image: string = busyboxName;
/** In this machine's image store, and not in containerd. */
export const loadedName = "docker.io/coxswain-test/loaded:1";

async function registryWith(name: string, folder: string): Promise<OwnRegistry> {
  const store = new ImageStore(folder);
  const built = busyboxImage({ Entrypoint: ["/bin/sleep"], Cmd: ["2147483647"], User: "101", Env: ["FROM=store"] });
  for (const blob of [...built.blobs.values(), built.manifest]) store.addBlob(blob);
  const [manifest, config] = [sha256(built.manifest), sha256(built.config)];
  mkdirSync(store.rootPath(config));
  store.record({ name, digest: manifest, manifest, config, sizeBytes: 1, origin: "loaded", storedAtMs: 0 });
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return serveOwnImages({ server, port, store, standIns: undefined });
}

export async function dial(address: string, port: number): Promise<Socket> {
  const socket = createConnection({ host: address, port, allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}
