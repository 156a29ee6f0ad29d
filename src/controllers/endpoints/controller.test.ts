import { afterEach, beforeEach, expect, it } from "vitest";
import { endpoints as endpointsKind } from "../../api/core/v1/endpoints.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { EndpointsController } from "./controller.ts";

let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new EndpointsController(deps)]);
  await world.client.create(accountKind, { metadata: { name: "default", namespace: "default" } });
});
afterEach(() => world[Symbol.asyncDispose]());

async function createPod(name: string, ip: string): Promise<void> {
  const metadata = { name, namespace: "default", labels: { app: "web" } };
  const pod = await world.client.create(podKind, { metadata, spec: { containers: [{ name: "c", image: "i" }], nodeName: "n1" } });
  const conditions = [{ type: "Ready", status: "True" }];
  await world.client.updateStatus(podKind, { ...pod, status: { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions } });
}
async function createService(): Promise<void> {
  await world.client.create(serviceKind, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
}
async function addresses(): Promise<string[] | undefined> {
  const endpoints = await world.client.get(endpointsKind, { namespace: "default", name: "web" });
  return endpoints && (endpoints.subsets?.flatMap((subset) => (subset.addresses ?? []).map((address) => address.ip)) ?? []);
}

it("follow the Service's pods, and go with the Service", async () => {
  await createService();
  await createPod("web-1", "10.244.1.1");
  await world.clock.advance(1000);
  expect(await addresses()).toEqual(["10.244.1.1"]);
  await world.client.delete(podKind, { namespace: "default", name: "web-1" }, { gracePeriodSeconds: 0 });
  await world.clock.advance(1000);
  expect(await addresses()).toEqual([]);
  await world.client.delete(serviceKind, { namespace: "default", name: "web" });
  await world.clock.advance(1000);
  expect(await addresses()).toBeUndefined();
});

it("somebody's own stay", async () => {
  await world.client.create(endpointsKind, { metadata: { name: "mine", namespace: "default" } });
  await world.restart();
  expect(await world.client.get(endpointsKind, { namespace: "default", name: "mine" })).toBeDefined();
});

it("many changes of many pods are few writes", async () => {
  await createService();
  for (let i = 0; i < 100; i += 1) await createPod(`web-${i}`, `10.244.1.${i}`);
  world.takeWrites();
  for (let i = 0; i < 50; i += 1) {
    await world.client.delete(podKind, { namespace: "default", name: `web-${i}` }, { gracePeriodSeconds: 0 });
    await world.clock.advance(10);
  }
  await world.clock.advance(2000);
  expect(await addresses()).toHaveLength(50);
  expect(world.takeWrites().length).toBeLessThan(10);
});
