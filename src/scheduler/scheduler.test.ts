/** The scheduler as a client of a whole API server in memory, on the virtual clock. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kinds } from "../api/registry.ts";
import { event as eventKind } from "../api/core/v1/event.ts";
import { node as nodeKind } from "../api/core/v1/node.ts";
import { pod as podKind } from "../api/core/v1/pod.ts";
import { serviceAccount } from "../api/core/v1/serviceAccount.ts";
import { priorityClass } from "../api/scheduling/v1/priorityClass.ts";
import { createApiServer } from "../apiserver/apiServer.ts";
import { Disposables } from "../base/disposables.ts";
import { silentLog } from "../base/log.ts";
import { seededRng, uidsFrom } from "../base/rng.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/eventRecorder.ts";
import { createClient } from "../client/httpClient.ts";
import { createInformerFactory } from "../client/informers.ts";
import type { Transport } from "../machinery/http.ts";
import { failure } from "../machinery/status.ts";
import type { Node, Pod, PodCondition } from "../schema/shapes/core.v1.ts";
import { memoryStore } from "../store/memory.ts";
import { aPendingPod, aRoomyNode } from "../testing/schedulingScene.ts";
import { virtualClock, type VirtualClock } from "../testing/virtualClock.ts";
import { startScheduler } from "./scheduler.ts";

const version = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3",
  gitCommit: "0",
  gitTreeState: "clean",
  buildDate: "2026-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "linux/amd64",
};

let clock: VirtualClock;
let client: Client;
let stack: Disposables;
/** Requests of the scheduler that this names are refused. */
let refused: (url: string) => boolean;

beforeEach(async () => {
  clock = virtualClock();
  stack = new Disposables();
  refused = () => false;
  const rng = seededRng(1);
  const log = silentLog;
  const store = stack.add(memoryStore());
  const server = stack.add(createApiServer({ store, kinds, clock, rng, uids: uidsFrom(rng), log, version }));
  await server.ready;
  client = createClient((request) => server.handle(request, { commonName: "admin", organizations: ["system:masters"] }));
  await client.create(serviceAccount, { metadata: { name: "default", namespace: "default" } });
  const transport: Transport = (request) => {
    if (refused(request.url)) return Promise.reject(failure(500, "InternalError", "the test refuses"));
    return server.handle(request, { commonName: "system:kube-scheduler", organizations: [] });
  };
  const own = createClient(transport);
  const informers = stack.add(createInformerFactory({ client: own, clock, log }));
  const events = stack.add(createEventRecorder({ client: own, clock, rng, log, component: "default-scheduler" }));
  stack.add(startScheduler({ client: own, informers, events, clock, rng, log }));
});
afterEach(() => stack[Symbol.asyncDispose]());

const inSpec = ({ metadata, spec }: Pod): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { ...metadata, uid: undefined, resourceVersion: undefined },
  spec,
});
async function createPod(name: string, parts: Parameters<typeof aPendingPod>[1] = {}): Promise<void> {
  await client.create(podKind, inSpec(aPendingPod(name, parts)));
}
async function createNode(name: string, parts: Parameters<typeof aRoomyNode>[1] = {}): Promise<void> {
  const node: Node = aRoomyNode(name, parts);
  node.metadata = { ...node.metadata, uid: undefined, resourceVersion: undefined };
  const created = await client.create(nodeKind, node);
  await client.updateStatus(nodeKind, { ...created, status: node.status });
  // The API server taints new nodes; the controller that lifts it is not here.
  const { spec } = node;
  const fresh = await client.get(nodeKind, { namespace: "", name });
  if (fresh !== undefined) await client.update(nodeKind, { ...fresh, spec: { ...fresh.spec, taints: spec.taints } });
}

const key = (name: string): { namespace: string; name: string } => ({ namespace: "default", name });

/** Runs until the pod satisfies the condition; gives it. */
async function until(name: string, holds: (pod: Pod) => boolean, limitMs = 60_000): Promise<Pod> {
  for (const end = clock.now() + limitMs; clock.now() < end; await clock.advance(100)) {
    await clock.settle();
    const pod = await client.get(podKind, key(name));
    if (pod !== undefined && holds(pod)) return pod;
  }
  throw new Error(`pod ${name} did not come to be as expected: ${JSON.stringify(await client.get(podKind, key(name)))}`);
}
const placed = (pod: Pod): boolean => (pod.spec.nodeName ?? "") !== "";
const scheduled = (pod: Pod): PodCondition | undefined => pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
const turnedDown = (pod: Pod): boolean => scheduled(pod)?.status === "False";

async function eventsOf(name: string): Promise<string[]> {
  await clock.settle();
  const { items } = await client.list(eventKind, { namespace: "default" });
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

describe("placing", () => {
  test("a pod gets a node, the condition and the event", async () => {
    await createNode("n1");
    await createPod("p");
    const pod = await until("p", placed);
    expect(pod.spec.nodeName).toBe("n1");
    expect(scheduled(pod)).toMatchObject({ status: "True" });
    expect(await eventsOf("p")).toEqual(["Normal Scheduled: Successfully assigned default/p to n1"]);
  });

  test("no node is given more than it has, however fast pods come", async () => {
    for (let i = 0; i < 5; i += 1) await createNode(`n${i}`);
    await Promise.all(Array.from({ length: 60 }, (_, i) => createPod(`p${i}`, { requests: { cpu: "1" } })));
    const used = new Map<string, number>();
    for (let i = 0; i < 60; i += 1) {
      const pod = await until(`p${i}`, (one) => placed(one) || turnedDown(one));
      const node = pod.spec.nodeName ?? "none";
      used.set(node, (used.get(node) ?? 0) + 1);
    }
    expect(Object.fromEntries([...used].sort())).toEqual({ n0: 10, n1: 10, n2: 10, n3: 10, n4: 10, none: 10 });
  });

  test("of equals, the first that came goes first", async () => {
    await createPod("first", { requests: { cpu: "6" } });
    await createPod("second", { requests: { cpu: "6" } });
    await until("second", turnedDown);
    await createNode("n1");
    await until("first", placed);
    expect((await client.get(podKind, key("second")))?.spec.nodeName ?? "").toBe("");
  });

  test("pods of other schedulers are left alone", async () => {
    await createNode("n1");
    await createPod("theirs", { spec: { schedulerName: "other" } });
    await createPod("ours");
    await until("ours", placed);
    expect(placed((await client.get(podKind, key("theirs")))!)).toBe(false);
  });

  test("a gated pod waits for its last gate", async () => {
    await createNode("n1");
    await createPod("gated", { spec: { schedulingGates: [{ name: "example.com/wait" }] } });
    await createPod("other");
    await until("other", placed);
    const gated = (await client.get(podKind, key("gated")))!;
    expect(placed(gated)).toBe(false);
    await client.update(podKind, { ...gated, spec: { ...gated.spec, schedulingGates: undefined } });
    await until("gated", placed);
  });
});

describe("what can't be placed", () => {
  test("without nodes", async () => {
    await createPod("p");
    const pod = await until("p", turnedDown);
    expect(scheduled(pod)).toMatchObject({ reason: "Unschedulable", message: "no nodes available to schedule pods" });
    expect(await eventsOf("p")).toEqual(["Warning FailedScheduling: no nodes available to schedule pods"]);
  });

  test("reasons are counted and told as upstream tells them", async () => {
    for (let i = 0; i < 2; i += 1) await createNode(`small${i}`, { allocatable: { cpu: "1" } });
    await createNode("cordoned");
    const cordoned = (await client.get(nodeKind, { namespace: "", name: "cordoned" }))!;
    await client.update(nodeKind, { ...cordoned, spec: { ...cordoned.spec, unschedulable: true } });
    for (let i = 0; i < 2; i += 1) await createNode(`reserved${i}`, { taints: [{ key: "for", value: "others", effect: "NoSchedule" }] });
    await clock.advance(10);
    await createPod("p", { requests: { cpu: "4" } });
    const expected =
      "0/5 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu, 2 node(s) had untolerated taint(s). " +
      "no new claims to deallocate, preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.";
    const pod = await until("p", turnedDown);
    expect(scheduled(pod)).toMatchObject({ reason: "Unschedulable", message: expected });
    expect(await eventsOf("p")).toEqual([`Warning FailedScheduling: ${expected}`]);
  });

  test("where evicting could have helped, there was nobody to evict", async () => {
    await createNode("n1");
    await createPod("first", { requests: { cpu: "8" } });
    await until("first", placed);
    await createPod("second", { requests: { cpu: "8" } });
    const pod = await until("second", turnedDown);
    expect(scheduled(pod)?.message).toBe(
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, " +
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    );
  });

  test("a DaemonSet's pod, whose node is full", async () => {
    await createNode("n1", { allocatable: { cpu: "1" } });
    await createNode("n2");
    const nodeSelectorTerms = [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }];
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
    await clock.advance(10);
    await client.create(
      podKind,
      inSpec({ ...aPendingPod("p", { requests: { cpu: "2" } }), spec: { ...aPendingPod("p", { requests: { cpu: "2" } }).spec, affinity } }),
    );
    const pod = await until("p", turnedDown);
    expect(scheduled(pod)?.message).toMatch(
      /^0\/2 nodes are available: 1 Insufficient cpu, 1 node\(s\) didn't satisfy plugin\(s\) \[NodeAffinity\]\. /,
    );
  });
});

describe("making room", () => {
  test("a more important pod has a lesser one evicted and takes its place", async () => {
    for (const [name, value] of [
      ["low", 1],
      ["high", 1000],
    ] as const)
      await client.create(priorityClass, { metadata: { name }, value });
    await createNode("n1");
    await createNode("n2", { allocatable: { cpu: "1" } });
    await createPod("lesser", { requests: { cpu: "8" }, spec: { priorityClassName: "low" } });
    await until("lesser", placed);
    await createPod("greater", { requests: { cpu: "8" }, spec: { priorityClassName: "high" } });
    const waiting = await until("greater", turnedDown);
    expect(scheduled(waiting)?.message).toBe("0/2 nodes are available: 2 Insufficient cpu.");
    expect(waiting.status?.nominatedNodeName).toBe("n1");
    const leaving = await until("lesser", ({ metadata }) => metadata.deletionTimestamp !== undefined);
    expect(leaving.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: "DisruptionTarget",
        status: "True",
        reason: "PreemptionByScheduler",
        message: "default-scheduler: preempting to accommodate a higher priority pod",
      }),
    );
    expect(await eventsOf("lesser")).toContain(`Normal Preempted: Preempted by pod ${waiting.metadata.uid} on node n1`);
    // No kubelet is here to let it end.
    await client.delete(podKind, key("lesser"), { gracePeriodSeconds: 0 });
    expect((await until("greater", placed)).spec.nodeName).toBe("n1");
  });
});

describe("trying again", () => {
  test("when a node comes, when a pod leaves", async () => {
    await createPod("a", { requests: { cpu: "8" } });
    await until("a", turnedDown);
    await createNode("n1");
    await until("a", placed);
    await createPod("b", { requests: { cpu: "8" } });
    await until("b", turnedDown);
    await client.delete(podKind, key("a"), { gracePeriodSeconds: 0 });
    expect((await until("b", placed)).spec.nodeName).toBe("n1");
  });

  test("when a pod has been made smaller, only once it is", async () => {
    await createNode("n1");
    await createPod("a", { requests: { cpu: "8" } });
    const big = await until("a", placed);
    const { name } = big.spec.containers[0] ?? { name: "" };
    const own = { name, image: "x", imageID: "", ready: true, restartCount: 0 };
    const has = (cpu: string) => ({ containerStatuses: [{ ...own, allocatedResources: { cpu }, resources: { requests: { cpu } } }] });
    await client.patch(podKind, key("a"), "strategic", { status: has("8") }, "status");
    await createPod("b", { requests: { cpu: "8" } });
    await until("b", turnedDown);
    await client.patch(
      podKind,
      key("a"),
      "strategic",
      { spec: { containers: [{ name, resources: { requests: { cpu: "1" } } }] } },
      "resize",
    );
    await clock.advance(30_000);
    expect(placed((await client.get(podKind, key("b"))) ?? big)).toBe(false);
    await client.patch(podKind, key("a"), "strategic", { status: has("1") }, "status");
    expect((await until("b", placed)).spec.nodeName).toBe("n1");
  });

  test("a pod that fits nowhere is not tried over and over", async () => {
    await createNode("n1");
    await createPod("p", { requests: { cpu: "80" } });
    await until("p", turnedDown);
    const before = (await client.get(podKind, key("p")))!.metadata.resourceVersion;
    await createPod("other");
    await until("other", placed);
    await clock.advance(60_000);
    expect((await client.get(podKind, key("p")))!.metadata.resourceVersion).toBe(before);
    expect(await eventsOf("p")).toHaveLength(1);
  });

  test("a binding that fails is told, its room is free again, and it is tried after a back-off", async () => {
    await createNode("n1");
    refused = (url) => url.includes("/pods/p/binding");
    await createPod("p", { requests: { cpu: "8" } });
    const pod = await until("p", turnedDown);
    expect(scheduled(pod)).toMatchObject({ reason: "SchedulerError" });
    expect((await eventsOf("p"))[0]).toContain('binding rejected: running Bind plugin "DefaultBinder": the test refuses');
    await createPod("q", { requests: { cpu: "3" } });
    await until("q", placed);
    await client.delete(podKind, key("q"), { gracePeriodSeconds: 0 });
    refused = () => false;
    await until("p", placed);
  });
});
