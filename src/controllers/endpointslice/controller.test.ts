import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import { endpointSlice as sliceKind } from "../../api/discovery/v1/endpointSlice.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { aNode } from "../../testing/objects.ts";
import { EndpointSliceController } from "./controller.ts";

let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new EndpointSliceController(deps)]);
  const { metadata: _ignored, ...node } = aNode("n1");
  await world.client.create(nodeKind, { ...node, metadata: { name: "n1", labels: { "topology.kubernetes.io/zone": "a" } } });
  await world.client.create(accountKind, { metadata: { name: "default", namespace: "default" } });
});
afterEach(() => world[Symbol.asyncDispose]());

async function createPod(name: string, labels: Record<string, string>, ip: string): Promise<void> {
  const metadata = { name, namespace: "default", labels };
  const pod = await world.client.create(podKind, { metadata, spec: { containers: [{ name: "c", image: "i" }], nodeName: "n1" } });
  const conditions = [{ type: "Ready", status: "True" }];
  await world.client.updateStatus(podKind, {
    ...pod,
    status: { ...pod.status, phase: "Running", podIP: ip, podIPs: [{ ip }], conditions },
  });
}
async function createService(name: string, selector: Record<string, string>): Promise<void> {
  await world.client.create(serviceKind, { metadata: { name, namespace: "default" }, spec: { selector, ports: [{ port: 80 }] } });
}
async function inSlices(): Promise<string[][]> {
  const { items } = await world.client.list(sliceKind, { namespace: "default", labelSelector: "kubernetes.io/service-name=web" });
  return items.map((slice) => slice.endpoints.flatMap((endpoint) => endpoint.addresses));
}

describe("a Service's pods", () => {
  it("are in its slices as they come and go", async () => {
    await createService("web", { app: "web" });
    await createPod("web-1", { app: "web" }, "10.244.1.1");
    await createPod("other", { app: "other" }, "10.244.1.2");
    await world.clock.advance(1000);
    expect(await inSlices()).toEqual([["10.244.1.1"]]);
    await world.client.delete(podKind, { namespace: "default", name: "web-1" }, { gracePeriodSeconds: 0 });
    await world.clock.advance(1000);
    expect(await inSlices()).toEqual([[]]);
  });

  it("change sides with the selector in one write, without any wait", async () => {
    await createService("web", { app: "web", color: "blue" });
    for (const i of [1, 2, 3]) await createPod(`blue-${i}`, { app: "web", color: "blue" }, `10.244.1.${i}`);
    for (const i of [1, 2, 3]) await createPod(`green-${i}`, { app: "web", color: "green" }, `10.244.2.${i}`);
    await world.clock.advance(1000);
    expect((await inSlices()).map((slice) => slice.sort())).toEqual([["10.244.1.1", "10.244.1.2", "10.244.1.3"]]);
    world.takeWrites();
    await world.client.patch(serviceKind, { namespace: "default", name: "web" }, "merge", { spec: { selector: { color: "green" } } });
    await world.clock.settle();
    expect((await inSlices()).map((slice) => slice.sort())).toEqual([["10.244.2.1", "10.244.2.2", "10.244.2.3"]]);
    expect(world.takeWrites().filter((write) => write.includes("endpointslices"))).toHaveLength(1);
  });

  it("survive a restart without a single write", async () => {
    await createService("web", { app: "web" });
    await createPod("web-1", { app: "web" }, "10.244.1.1");
    await world.clock.advance(1000);
    world.takeWrites();
    await world.restart();
    await world.clock.advance(1000);
    expect(world.takeWrites()).toEqual([]);
  });

  it("a slice deleted by hand comes back", async () => {
    await createService("web", { app: "web" });
    await createPod("web-1", { app: "web" }, "10.244.1.1");
    await world.clock.advance(1000);
    const { items } = await world.client.list(sliceKind, { namespace: "default", labelSelector: "kubernetes.io/service-name=web" });
    for (const { metadata } of items) await world.client.delete(sliceKind, { namespace: "default", name: metadata.name });
    await world.clock.advance(1000);
    expect(await inSlices()).toEqual([["10.244.1.1"]]);
  });
});

it("in a namespace that is being deleted nothing is made, and nothing fails", async () => {
  await world.client.create(namespaceKind, { metadata: { name: "going" }, spec: {} });
  await world.client.create(serviceKind, {
    metadata: { name: "s", namespace: "going" },
    spec: { selector: { a: "b" }, ports: [{ port: 80 }] },
  });
  await world.client.delete(namespaceKind, { namespace: "", name: "going" });
  await world.clock.advance(5000);
  expect((await world.client.list(sliceKind, { namespace: "going" })).items.length).toBeLessThanOrEqual(1);
});
