/** A small cluster's underground inside the test's namespaces: network, shelf, images, runtime, and builders for pods. */
import { appendFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { basename, join } from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { catalogueSource } from "../../../src/host-node/images/catalogue.ts";
import { createImages, type ImageLibrary } from "../../../src/host-node/images/images.ts";
import { type ClusterNetwork, openClusterNetwork } from "../../../src/host-node/network/clusterNetwork.ts";
import { nodeHost } from "../../../src/host-node/nodeHost.ts";
import { openControlGroups } from "../../../src/host-node/runtime/cgroups/controlGroups.ts";
import { createEmbeddedRuntime } from "../../../src/host-node/runtime/embedded/runtime.ts";
import { openShelf } from "../../../src/host-node/runtime/embedded/shelf.ts";
import type { Host } from "../../../src/host/host.ts";
import type { ContainerConfig, ContainerRuntime, PodSandboxConfig } from "../../../src/kubelet/ports/runtime.ts";

const folder = process.env["COX_TEST_FOLDER"] ?? "";
const programs = process.env["COX_TEST_PROGRAMS"] ?? "";
export const asRoot: boolean = process.env["COX_TEST_ROOT"] === "1";
export { fetchText } from "./fetch.ts";
export const serviceRange = "10.96.0.0/12";
export const dnsAddress = "10.96.0.10";
export const host: Host = { ...nodeHost(), log: silentLog };

export interface World extends AsyncDisposable {
  readonly network: ClusterNetwork;
  readonly images: ImageLibrary;
  readonly runtime: ContainerRuntime;
  readonly folder: string;
}

/** Shown by the outer test; never asserted. */
export function figure(text: string): void {
  appendFileSync(join(folder, "figures"), `${text}\n`);
}

let worlds = 0;

export async function makeWorld(): Promise<World> {
  worlds += 1;
  const own = mkdtempSync(join(folder, "world-"));
  const at = (name: string): string => {
    mkdirSync(join(own, name), { recursive: true });
    return join(own, name);
  };
  const network = await openClusterNetwork({ podRange: "10.244.0.0/16", serviceRange, dnsAddress, pid: process.pid });
  for (const index of [1, 2]) {
    const podCidr = `10.244.${index + worlds * 10}.0/24`;
    await network.addNode({ name: `node-${index}`, index, ip: `172.31.${worlds}.${index}`, podCidr });
  }
  const shelf = await openShelf(at("shelf"), asRoot, at("seccomp"));
  const cgroups = openControlGroups(`coxswain-test-${worlds}-${basename(folder)}`, host.clock);
  const images = createImages([catalogueSource({ folder: at("images"), programs })], (name) => `no image ${name}`);
  const runtime = createEmbeddedRuntime({
    ...host,
    nodeName: "node-1",
    version: "0.0.0",
    network,
    images,
    shelf,
    cgroups,
    asRoot,
    logFolder: at("logs"),
  });
  return {
    network,
    images,
    runtime,
    folder: own,
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
      cgroups.remove("");
    },
  };
}

export function aSandbox(overrides: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  const name = overrides.name ?? "web";
  return {
    podUid: `uid-${name}`,
    name,
    namespace: "default",
    attempt: 0,
    nodeName: "node-1",
    hostname: name,
    dns: { servers: [dnsAddress], searches: ["default.svc.cluster.local"], options: ["ndots:5"] },
    hostNetwork: false,
    hostPid: false,
    shareProcessNamespace: false,
    hostAliases: [],
    labels: {},
    annotations: {},
    ports: [],
    cgroup: { parent: `/kubepods/besteffort/pod-${name}`, cpuShares: 2, cpuQuotaMillis: 0, memoryLimitBytes: 0, pidsLimit: 0 },
    ...overrides,
  };
}

export function aContainer(imageRef: string, overrides: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    name: "main",
    attempt: 0,
    imageRef,
    image: "hello:1.0.0",
    command: [],
    args: [],
    workingDir: "",
    env: [],
    mounts: [],
    stdin: false,
    stdinOnce: false,
    tty: false,
    security: {
      readOnlyRootFilesystem: false,
      privileged: false,
      noNewPrivileges: false,
      capabilities: { add: [], drop: [] },
      seccomp: "",
    },
    resources: { cpuShares: 0, cpuQuotaMillis: 0, memoryLimitBytes: 0, oomScoreAdj: 0 },
    terminationMessagePath: "/dev/termination-log",
    labels: {},
    annotations: {},
    ...overrides,
  };
}

export async function pull(world: World, image: string): Promise<string> {
  const { ref } = await world.images.pull(image, { podUid: "", signal: new AbortController().signal, secrets: [] });
  return ref;
}

/** A pod with one container that runs `script` in a shell. */
export async function runShell(world: World, script: string, overrides: Partial<ContainerConfig> = {}): Promise<string> {
  const sandbox = await world.runtime.sandboxes.run(aSandbox({ name: `shell-${Math.floor(Math.random() * 1e9)}` }));
  const ref = await pull(world, "hello:1.0.0");
  const id = await world.runtime.containers.create(sandbox.id, aContainer(ref, { command: ["sh", "-c", script], ...overrides }));
  await world.runtime.containers.start(id);
  return id;
}

/** Everything that the container wrote to both streams, once it has exited. */
export async function outputOf(world: World, id: string): Promise<string> {
  await exited(world, id);
  let text = "";
  for await (const line of world.runtime.streams.logs(id, { follow: false })) text += Buffer.from(line.text).toString();
  return text;
}

export async function exited(world: World, id: string): Promise<void> {
  await until(async () => (await world.runtime.containers.status(id))?.state === "exited");
}

export async function until(condition: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not true after ${limitMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
