/** A whole cluster on virtual time: what controllers, scheduler, kubelets, proxy and DNS make of each other. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deployment as deploymentKind } from "../../src/api/apps/v1/deployment.ts";
import { replicaSet as replicaSetKind } from "../../src/api/apps/v1/replicaSet.ts";
import { configMap as configMapKind } from "../../src/api/core/v1/configMap.ts";
import { namespace as namespaceKind } from "../../src/api/core/v1/namespace.ts";
import { node as nodeKind } from "../../src/api/core/v1/node.ts";
import { pod as podKind } from "../../src/api/core/v1/pod.ts";
import { service as serviceKind } from "../../src/api/core/v1/service.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRng, uidsFrom } from "../../src/base/rng.ts";
import { createCluster, type Cluster } from "../../src/cluster/createCluster.ts";
import { conditionOf } from "../../src/machinery/conditions.ts";
import { isPodReady } from "../../src/machinery/pods.ts";
import type { Pod } from "../../src/schema/shapes/core.v1.ts";
import { virtualClock, type VirtualClock } from "../../src/testing/virtualClock.ts";

const namespace = "default";
let clock: VirtualClock;
let cluster: Cluster;
let complaints: string[];

beforeEach(async () => {
  clock = virtualClock();
  complaints = [];
  const log = {
    ...silentLog,
    error: (message: string, fields: object = {}) => void complaints.push(`${message} ${JSON.stringify(fields)}`),
  };
  const rng = seededRng(11);
  let ready = false;
  const starting = createCluster({ nodes: 3 }, { clock, rng, uids: uidsFrom(rng), log });
  void starting.then(() => {
    ready = true;
  });
  await clock.runUntil(() => ready, 60_000);
  cluster = await starting;
  await clock.advance(5000);
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  if (complaints.length > 0) throw new Error(complaints.join("; "));
});

async function deploy(name: string, replicas: number, home: string = namespace): Promise<void> {
  const labels = { app: name };
  await cluster.client.create(deploymentKind, {
    metadata: { name, namespace: home },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { name: "", labels }, spec: { containers: [{ name: "c", image: "hello:1.0.0" }] } },
    },
  });
  await cluster.client.create(serviceKind, {
    metadata: { name, namespace: home },
    spec: { type: "LoadBalancer", selector: labels, ports: [{ port: 80 }] },
  });
}
async function pods(home: string = namespace): Promise<Pod[]> {
  return (await cluster.client.list(podKind, { namespace: home })).items;
}
const readyPods = async (): Promise<Pod[]> => (await pods()).filter(isPodReady);
function backends(service: string): string[] {
  const rule = cluster.serviceRules().find((each) => each.id === `${namespace}/${service}:`);
  return (rule?.backends ?? []).map((backend) => backend.ip).sort();
}
const addressesOf = (list: readonly Pod[]): string[] => list.map((pod) => pod.status?.podIP ?? "").sort();

describe("a Deployment with a Service", () => {
  beforeEach(async () => {
    await deploy("web", 6);
    await clock.advance(10_000);
  });

  it("has ready pods on all nodes, an address, and its pods behind it", async () => {
    const ready = await readyPods();
    expect(ready).toHaveLength(6);
    expect(new Set(ready.map((pod) => pod.spec.nodeName)).size).toBe(3);
    expect(backends("web")).toEqual(addressesOf(ready));
    const service = await cluster.client.get(serviceKind, { namespace, name: "web" });
    expect(service?.status?.loadBalancer?.ingress).toEqual([{ ip: "127.64.0.1", ipMode: "VIP" }]);
  });

  it("goes with all that is its own, in the background and in the foreground", async () => {
    await cluster.client.delete(deploymentKind, { namespace, name: "web" }, { propagationPolicy: "Foreground" });
    const [replicaSet] = (await cluster.client.list(replicaSetKind, { namespace })).items;
    expect(replicaSet).toBeDefined();
    await clock.advance(60_000);
    expect(await pods()).toEqual([]);
    expect((await cluster.client.list(replicaSetKind, { namespace })).items).toEqual([]);
    expect(await cluster.client.get(deploymentKind, { namespace, name: "web" })).toBeUndefined();
    expect(backends("web")).toEqual([]);
  });

  it("outlives a node: its pods there are out of service after the grace period, and elsewhere after five minutes more", async () => {
    const lost = (await pods()).filter((pod) => pod.spec.nodeName === "node-1");
    expect(lost.length).toBeGreaterThan(0);
    await cluster.kubelets.get("node-1")?.[Symbol.asyncDispose]();
    await clock.advance(70_000);
    const node = await cluster.client.get(nodeKind, { namespace: "", name: "node-1" });
    expect(conditionOf(node?.status?.conditions, "Ready")?.status).toBe("Unknown");
    expect(backends("web")).toEqual(addressesOf((await pods()).filter((pod) => pod.spec.nodeName !== "node-1")));
    await clock.advance(320_000);
    const after = await readyPods();
    expect(after).toHaveLength(6);
    expect(after.some((pod) => pod.spec.nodeName === "node-1")).toBe(false);
    expect(backends("web")).toEqual(addressesOf(after));
  });

  it("a node that is taken away leaves no pod behind", async () => {
    await cluster.kubelets.get("node-1")?.[Symbol.asyncDispose]();
    await cluster.client.delete(nodeKind, { namespace: "", name: "node-1" });
    await clock.advance(120_000);
    const all = await pods();
    expect(all.some((pod) => pod.spec.nodeName === "node-1")).toBe(false);
    expect(await readyPods()).toHaveLength(6);
  });
});

describe("a namespace", () => {
  it("has what every namespace has, and goes with everything in it", async () => {
    await cluster.client.create(namespaceKind, { metadata: { name: "team" }, spec: {} });
    await clock.advance(1000);
    await deploy("web", 3, "team");
    await clock.advance(10_000);
    expect((await pods("team")).filter(isPodReady)).toHaveLength(3);
    expect(await cluster.client.get(configMapKind, { namespace: "team", name: "kube-root-ca.crt" })).toBeDefined();
    await cluster.client.delete(namespaceKind, { namespace: "", name: "team" });
    await clock.advance(60_000);
    expect(await pods("team")).toEqual([]);
    expect(await cluster.client.get(namespaceKind, { namespace: "", name: "team" })).toBeUndefined();
  });
});
