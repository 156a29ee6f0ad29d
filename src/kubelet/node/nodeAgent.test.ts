import { afterEach, expect, test } from "vitest";
import { lease as leaseKind } from "../../api/coordination/v1/lease.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { conditionOf } from "../../machinery/conditions.ts";
import type { Lease } from "../../schema/shapes/coordination.v1.ts";
import type { Node } from "../../schema/shapes/core.v1.ts";
import { aSimulatedNode, type TestNode } from "../../testing/simulatedNode.ts";

let it: TestNode;
afterEach(async () => {
  await it[Symbol.asyncDispose]();
});
const node = (): Node | undefined => it.api.peek(nodeKind, { namespace: "", name: "node-1" });
const lease = (): Lease | undefined => it.api.peek(leaseKind, { namespace: "kube-node-lease", name: "node-1" });

test("a kubelet registers its node as upstream's does", async () => {
  it = await aSimulatedNode();
  expect(node()).toMatchObject({
    metadata: { labels: { "kubernetes.io/hostname": "node-1", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" } },
    status: {
      capacity: { cpu: "4", memory: "8Gi", pods: "110" },
      allocatable: { cpu: "4", memory: "8Gi", pods: "110" },
      addresses: [
        { type: "InternalIP", address: "192.168.0.1" },
        { type: "Hostname", address: "node-1" },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      nodeInfo: { kubeletVersion: "v1.36.3", containerRuntimeVersion: "coxswain-simulated://0.1.0" },
    },
  });
  const said = node()?.status?.conditions?.map((c) => `${c.type}=${c.status} ${c.reason}: ${c.message}`);
  expect(said).toEqual([
    "MemoryPressure=False KubeletHasSufficientMemory: kubelet has sufficient memory available",
    "DiskPressure=False KubeletHasNoDiskPressure: kubelet has no disk pressure",
    "PIDPressure=False KubeletHasSufficientPID: kubelet has sufficient PID available",
    "Ready=True KubeletReady: kubelet is posting ready status",
  ]);
  expect(it.events.filter((event) => event.on === "Node/node-1").map((event) => event.reason)).toEqual(["Starting", "NodeReady"]);
});

test("the lease is renewed every ten seconds, the status every five minutes", async () => {
  it = await aSimulatedNode();
  expect(lease()?.spec).toMatchObject({ holderIdentity: "node-1", leaseDurationSeconds: 40 });
  const before = it.api.calls.length;
  await it.clock.advance(600_000);
  const since = it.api.calls.slice(before);
  expect(since.filter((call) => call.plural === "leases").length).toBeGreaterThanOrEqual(58);
  expect(since.filter((call) => call.plural === "leases").length).toBeLessThanOrEqual(64);
  expect(since.filter((call) => call.plural === "nodes").length).toBe(1);
  const renewedAgoMs = it.clock.now() - Date.parse(lease()?.spec.renewTime ?? "");
  expect(renewedAgoMs).toBeLessThanOrEqual(10_000);
});

test("new images are told soon, conditions keep their times", async () => {
  it = await aSimulatedNode();
  const since = conditionOf(node()?.status?.conditions, "Ready")?.lastTransitionTime;
  await it.run("web");
  await it.clock.advance(20_000);
  expect(node()?.status?.images).toEqual([{ names: ["main:1"], sizeBytes: 10_000_000 }]);
  expect(conditionOf(node()?.status?.conditions, "Ready")?.lastTransitionTime).toBe(since);
});

test("a node that was deleted is registered again, a lost lease is made again", async () => {
  it = await aSimulatedNode();
  await it.api.delete(nodeKind, { namespace: "", name: "node-1" });
  await it.api.delete(leaseKind, { namespace: "kube-node-lease", name: "node-1" });
  await it.clock.advance(400_000);
  expect(node()?.status?.conditions).toHaveLength(4);
  expect(lease()).toBeDefined();
});

test("where limits don't hold, the node and the pods that set some say so", async () => {
  it = await aSimulatedNode({
    adapters: ({ runtime }) => ({ runtime: Object.assign(runtime, { limits: { enforced: false, why: "no control groups here" } }) }),
  });
  expect(conditionOf(node()?.status?.conditions, "LimitsNotEnforced")).toMatchObject({ status: "True", message: "no control groups here" });
  await it.run("web", { container: { resources: { limits: { memory: "10Mi" } } } });
  expect(it.told("web")).toContain("LimitsNotEnforced: Resource limits are not enforced on this node: no control groups here");
});

test.each([true, false, undefined])(
  "whether the runtime honours supplementalGroupsPolicy is told as it says: %s",
  async (supplementalGroupsPolicy) => {
    it = await aSimulatedNode({ adapters: ({ runtime }) => ({ runtime: Object.assign(runtime, { supplementalGroupsPolicy }) }) });
    expect(node()?.status?.features).toEqual(supplementalGroupsPolicy === undefined ? undefined : { supplementalGroupsPolicy });
    await it.run("strict", { spec: { securityContext: { supplementalGroupsPolicy: "Strict" } } });
    const refused = { phase: "Failed", reason: "SupplementalGroupsPolicyNotSupported" };
    expect(it.status("strict")).toMatchObject(supplementalGroupsPolicy === true ? { phase: "Running" } : refused);
  },
);

test.each([true, undefined])("a pod that asks for AppArmor runs where there is some: %s", async (appArmor) => {
  it = await aSimulatedNode({ adapters: ({ runtime }) => ({ runtime: Object.assign(runtime, { appArmor }) }) });
  const profile = (type: string): object => ({ securityContext: { appArmorProfile: { type } } });
  const message = "Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host";
  const verdict = appArmor === true ? { phase: "Running" } : { phase: "Failed", reason: "AppArmor", message };
  await it.run("of-pod", { spec: profile("RuntimeDefault") });
  await it.run("of-container", { container: profile("RuntimeDefault") });
  await it.run("without", { spec: profile("Unconfined") });
  expect(it.status("of-pod")).toMatchObject(verdict);
  expect(it.status("of-container")).toMatchObject(verdict);
  expect(it.status("without")).toMatchObject({ phase: "Running" });
});

test.each([true, undefined])("a pod with users of its own starts where there can be some: %s", async (userNamespaces) => {
  it = await aSimulatedNode({ adapters: ({ runtime }) => ({ runtime: Object.assign(runtime, { userNamespaces }) }) });
  await it.run("own", { spec: { hostUsers: false } });
  expect(it.status("own")).toMatchObject({ phase: userNamespaces === true ? "Running" : "Pending" });
  const told = 'FailedCreatePodSandBox: Failed to create pod sandbox: RuntimeClass handler "" does not support user namespaces';
  expect(it.told("own").includes(told)).toBe(userNamespaces !== true);
});

test("an API server that is away at first is waited for", async () => {
  let failures = 3;
  it = await aSimulatedNode({
    beforeStart: (api) => {
      api.beforeWrite = () => {
        if (failures-- > 0) throw new Error("connection refused");
      };
    },
  });
  await it.clock.advance(1000);
  expect(node()).toBeDefined();
  expect(lease()).toBeDefined();
});

test("a runtime that is away makes the node NotReady, in upstream's words, and Ready again when it is back", async () => {
  let problems: readonly string[] = [];
  let away = false;
  it = await aSimulatedNode({
    adapters: ({ runtime }) => {
      const list = runtime.images.list.bind(runtime.images);
      Object.assign(runtime, { problems: () => problems });
      Object.assign(runtime.images, { list: () => (away ? Promise.reject(new Error("the runtime is away")) : list()) });
      return { runtime };
    },
  });
  await it.run("web");
  await it.clock.advance(20_000);
  const ready = (): unknown => conditionOf(node()?.status?.conditions, "Ready");
  problems = ["container runtime is down"];
  away = true;
  await it.clock.advance(20_000);
  expect(ready()).toMatchObject({ status: "False", reason: "KubeletNotReady", message: "container runtime is down" });
  expect(node()?.status?.images).toEqual([{ names: ["main:1"], sizeBytes: 10_000_000 }]);
  problems = ["one", "two"];
  await it.clock.advance(20_000);
  expect(ready()).toMatchObject({ status: "False", message: "[one, two]" });
  problems = [];
  away = false;
  await it.clock.advance(20_000);
  expect(ready()).toMatchObject({ status: "True", reason: "KubeletReady" });
  const told = it.events.filter((event) => event.on === "Node/node-1").map((event) => event.reason);
  expect(told).toEqual(["Starting", "NodeReady", "NodeNotReady", "NodeReady"]);
});
