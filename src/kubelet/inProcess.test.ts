/** The kubelet against the real API server in one process: what a fake can't show (validation, merging, graceful deletion). */
import { afterEach, beforeEach, expect, test } from "vitest";
import { configMap } from "../api/core/v1/configMap.ts";
import { event as eventKind } from "../api/core/v1/event.ts";
import { node as nodeKind } from "../api/core/v1/node.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import { silentLog } from "../base/log.ts";
import { seededRng, uidsFrom } from "../base/rng.ts";
import { readAll } from "../client/jsonLines.ts";
import { createCluster, type Cluster } from "../cluster/createCluster.ts";
import { conditionTrue } from "../machinery/conditions.ts";
import type { Pod, PodSpec } from "../schema/shapes/core.v1.ts";
import { virtualClock, type VirtualClock } from "../testing/virtualClock.ts";

let clock: VirtualClock;
let cluster: Cluster;
beforeEach(async () => {
  clock = virtualClock();
  const rng = seededRng(3);
  cluster = await clock.hold(createCluster({ nodes: 2 }, { clock, rng, uids: uidsFrom(rng), log: silentLog }));
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

const key = { namespace: "default", name: "web" };
async function create(spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Promise<Pod> {
  return await cluster.client.create(podKind, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...key, annotations },
    spec: { nodeName: "node-1", containers: [{ name: "main", image: "main:1" }], ...spec },
  });
}
async function eventually(holds: (pod: Pod | undefined) => boolean): Promise<Pod | undefined> {
  for (let i = 0; i < 600; i += 1) {
    const pod = await cluster.client.get(podKind, key);
    if (holds(pod)) return pod;
    await clock.advance(100);
  }
  throw new Error(`still ${JSON.stringify((await cluster.client.get(podKind, key))?.status)}`);
}

test("a pod runs, is read, and goes with its grace", async () => {
  await create({}, { "simulate.coxswain.dev/logs": "hello" });
  const pod = await eventually((p) => conditionTrue(p?.status?.conditions, "Ready"));
  expect(pod?.status).toMatchObject({
    phase: "Running",
    qosClass: "BestEffort",
    containerStatuses: [{ name: "main", ready: true, restartCount: 0 }],
  });
  const logs = await cluster.transport({ method: "GET", url: "/api/v1/namespaces/default/pods/web/log", headers: {} });
  expect(new TextDecoder().decode(await readAll(logs.body))).toBe("hello\n");
  await clock.advance(2000);
  const events = (await cluster.client.list(eventKind, { namespace: "default" })).items.filter((one) => one.involvedObject.name === "web");
  expect(events.map((one) => one.reason).sort()).toEqual(["Created", "Pulled", "Pulling", "Started"]);
  await cluster.client.delete(podKind, key);
  await eventually((p) => p === undefined);
});

test("a failed one says why by the API's own log request", async () => {
  await create({ containers: [{ name: "main", image: "main:1", envFrom: [{ configMapRef: { name: "later" } }] }] });
  await eventually((p) => p?.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError");
  const logs = await cluster.transport({ method: "GET", url: "/api/v1/namespaces/default/pods/web/log", headers: {} });
  expect(logs.status).toBe(400);
  expect(JSON.parse(new TextDecoder().decode(await readAll(logs.body)))).toMatchObject({
    reason: "BadRequest",
    message: 'container "main" in pod "web" is waiting to start: CreateContainerConfigError',
  });
  await cluster.client.create(configMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...key, name: "later" } });
  await eventually((p) => conditionTrue(p?.status?.conditions, "Ready"));
});

test("a changed image restarts the container, generation and all", async () => {
  await create();
  await eventually((p) => conditionTrue(p?.status?.conditions, "Ready"));
  await cluster.client.patch(podKind, key, "strategic", { spec: { containers: [{ name: "main", image: "main:2" }] } });
  const pod = await eventually((p) => p?.status?.containerStatuses?.[0]?.restartCount === 1 && conditionTrue(p.status.conditions, "Ready"));
  expect(pod?.status?.containerStatuses?.[0]?.image).toBe("main:2");
  expect(pod?.status?.observedGeneration).toBe(pod?.metadata.generation);
});

test("both nodes are registered and ready", async () => {
  const { items } = await cluster.client.list(nodeKind);
  expect(items.map((node) => `${node.metadata.name} ${conditionTrue(node.status?.conditions, "Ready")}`)).toEqual([
    "node-1 true",
    "node-2 true",
  ]);
});
