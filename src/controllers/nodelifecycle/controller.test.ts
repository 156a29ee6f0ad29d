import type { Clock } from "../../base/clock.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lease as leaseKind } from "../../api/coordination/v1/lease.ts";
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import { conditionOf } from "../../machinery/conditions.ts";
import { rfc3339, rfc3339Micro } from "../../machinery/time.ts";
import type { Node } from "../../schema/shapes/core.v1.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { NodeLifecycleController } from "./controller.ts";

const leaseNamespace = "kube-node-lease";
let world: ControllerWorld;
let beating: Set<string>;
/** How long the machine slept: time that no timer noticed. */
let sleptMs: number;
beforeEach(async () => {
  beating = new Set();
  sleptMs = 0;
  world = await controllerWorld((deps) => {
    const clock: Clock = { now: () => deps.clock.now() + sleptMs, after: (delayMs, fn) => deps.clock.after(delayMs, fn) };
    return [new NodeLifecycleController({ ...deps, clock })];
  });
  if ((await world.client.get(namespaceKind, { namespace: "", name: leaseNamespace })) === undefined) {
    await world.client.create(namespaceKind, { metadata: { name: leaseNamespace }, spec: {} });
  }
  await world.client.create(accountKind, { metadata: { name: "default", namespace: "default" } });
});
afterEach(() => world[Symbol.asyncDispose]());

/** Registers as a kubelet does, not ready yet. */
async function register(name: string): Promise<void> {
  await world.client.create(nodeKind, { metadata: { name }, spec: {} });
  await world.client.create(leaseKind, {
    metadata: { name, namespace: leaseNamespace },
    spec: { holderIdentity: name, leaseDurationSeconds: 40 },
  });
  beating.add(name);
  await report(name, "True");
}
async function report(name: string, status: string): Promise<void> {
  const now = rfc3339(world.clock.now());
  const ready = { type: "Ready", status, lastHeartbeatTime: now, lastTransitionTime: now, reason: "KubeletReady", message: "" };
  await world.client.patch(nodeKind, { namespace: "", name }, "strategic", { status: { conditions: [ready] } }, "status");
  await world.clock.settle();
}
/** Lets time pass, with every living node's lease renewed each ten seconds. */
async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 10) {
    const spec = { renewTime: rfc3339Micro(world.clock.now()) };
    for (const name of beating) await world.client.patch(leaseKind, { namespace: leaseNamespace, name }, "merge", { spec });
    await world.clock.advance(Math.min(10, seconds - i) * 1000);
  }
}
async function nodeNow(name: string): Promise<Node> {
  const node = await world.client.get(nodeKind, { namespace: "", name });
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
}
const taints = async (name: string): Promise<string[]> =>
  ((await nodeNow(name)).spec.taints ?? []).map((taint) => `${taint.key.replace(/.*\//, "")} ${taint.effect}`).sort();
const ready = async (name: string): Promise<string> => {
  const condition = conditionOf((await nodeNow(name)).status?.conditions, "Ready");
  return `${condition?.status} ${condition?.reason} ${condition?.message ?? ""}`.trim();
};

describe("a node that comes up", () => {
  it("is greeted, and free of taints as soon as it is ready", async () => {
    await world.client.create(nodeKind, { metadata: { name: "n1" }, spec: {} });
    await world.clock.settle();
    expect(await taints("n1")).toEqual(["not-ready NoSchedule"]);
    await report("n1", "True");
    expect(await taints("n1")).toEqual([]);
    expect(world.takeEvents()).toEqual(["Normal RegisteredNode: Node n1 event: Registered Node n1 in Controller (Node n1)"]);
  });

  it("stays as it is while its lease is renewed", async () => {
    await register("n1");
    world.takeWrites();
    await pass(300);
    expect(world.takeWrites()).toEqual([]);
    expect(await ready("n1")).toBe("True KubeletReady");
  });
});

describe("a node that falls silent", () => {
  beforeEach(async () => {
    for (const name of ["n1", "n2", "n3"]) await register(name);
    const spec = { containers: [{ name: "c", image: "i" }], nodeName: "n1" };
    await world.client.create(podKind, { metadata: { name: "p", namespace: "default" }, spec });
    const conditions = [{ type: "Ready", status: "True" }];
    await world.client.patch(
      podKind,
      { namespace: "default", name: "p" },
      "strategic",
      { status: { phase: "Running", conditions } },
      "status",
    );
    await pass(30);
    world.takeEvents();
    beating.delete("n1");
  });

  it("is Unknown after its grace period, is tainted, and its pods no longer count as ready", async () => {
    await pass(40);
    expect(await ready("n1")).toBe("True KubeletReady");
    await pass(30);
    expect(await ready("n1")).toBe("Unknown NodeStatusUnknown Kubelet stopped posting node status.");
    expect(await taints("n1")).toEqual(["unreachable NoExecute", "unreachable NoSchedule"]);
    expect(await taints("n2")).toEqual([]);
    const pod = await world.client.get(podKind, { namespace: "default", name: "p" });
    expect(conditionOf(pod?.status?.conditions, "Ready")?.status).toBe("False");
    expect(world.takeEvents()).toEqual([
      "Normal NodeNotReady: Node n1 status is now: NodeNotReady (Node n1)",
      "Warning NodeNotReady: Node is not ready (Pod p)",
    ]);
  });

  it("is free of taints at once when it comes back", async () => {
    await pass(70);
    beating.add("n1");
    await report("n1", "True");
    expect(await taints("n1")).toEqual([]);
    await pass(120);
    expect(await ready("n1")).toBe("True KubeletReady");
  });

  it("is not evicted when all the others are silent, too", async () => {
    beating.clear();
    await pass(120);
    expect(await ready("n3")).toContain("Unknown");
    expect(await taints("n1")).toEqual(["unreachable NoSchedule"]);
  });

  it("is said goodbye to when it is deleted", async () => {
    await world.client.delete(nodeKind, { namespace: "", name: "n1" });
    await world.clock.settle();
    expect(world.takeEvents()).toEqual(["Normal RemovingNode: Node n1 event: Removing Node n1 from Controller (Node n1)"]);
  });
});

it("after the machine slept, every node has its whole grace period again", async () => {
  await register("n1");
  await register("n2");
  await pass(30);
  sleptMs = 8 * 3_600_000;
  await world.clock.advance(20_000);
  expect(await ready("n1")).toBe("True KubeletReady");
  await world.clock.advance(60_000);
  expect(await ready("n1")).toContain("Unknown");
});

describe("what its kubelet reports", () => {
  it("not ready: evicted from, and back again", async () => {
    await register("n1");
    await register("n2");
    await report("n1", "False");
    await pass(10);
    expect(await taints("n1")).toEqual(["not-ready NoExecute", "not-ready NoSchedule"]);
    await report("n1", "True");
    expect(await taints("n1")).toEqual([]);
  });

  it("cordoned by a user", async () => {
    await register("n1");
    await world.client.patch(nodeKind, { namespace: "", name: "n1" }, "merge", { spec: { unschedulable: true } });
    await world.clock.settle();
    expect(await taints("n1")).toEqual(["unschedulable NoSchedule"]);
    await world.client.patch(nodeKind, { namespace: "", name: "n1" }, "merge", { spec: { unschedulable: null } });
    await world.clock.settle();
    expect(await taints("n1")).toEqual([]);
  });
});
