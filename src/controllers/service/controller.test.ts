import { afterEach, beforeEach, expect, it } from "vitest";
import { service as serviceKind } from "../../api/core/v1/service.ts";
import type { ServiceSpec } from "../../schema/shapes/core.v1.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { ServiceController } from "./controller.ts";

let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new ServiceController(deps, { loadBalancerRange: "127.77.0.0/16" })]);
});
afterEach(() => world[Symbol.asyncDispose]());

async function create(name: string, spec: Partial<ServiceSpec> = {}): Promise<void> {
  const whole = { type: "LoadBalancer", selector: { app: name }, ports: [{ port: 80 }], ...spec };
  await world.client.create(serviceKind, { metadata: { name, namespace: "default" }, spec: whole });
  await world.clock.settle();
}
async function ingress(name: string): Promise<string> {
  const service = await world.client.get(serviceKind, { namespace: "default", name });
  return (service?.status?.loadBalancer?.ingress ?? []).map((entry) => `${entry.ip} ${entry.ipMode}`).join();
}

it("each gets an address of its own, which survives a restart", async () => {
  await create("a");
  await create("b");
  expect([await ingress("a"), await ingress("b")]).toEqual(["127.77.0.1 VIP", "127.77.0.2 VIP"]);
  expect(world.takeEvents()).toEqual([
    "Normal EnsuringLoadBalancer: Ensuring load balancer (Service a)",
    "Normal EnsuredLoadBalancer: Ensured load balancer (Service a)",
    "Normal EnsuringLoadBalancer: Ensuring load balancer (Service b)",
    "Normal EnsuredLoadBalancer: Ensured load balancer (Service b)",
  ]);
  world.takeWrites();
  await world.restart();
  expect(world.takeWrites()).toEqual([]);
  await create("c");
  expect(await ingress("c")).toBe("127.77.0.3 VIP");
});

it("a deleted Service is gone, and its address free again", async () => {
  await create("a");
  await create("b");
  await world.client.delete(serviceKind, { namespace: "default", name: "a" });
  await world.clock.settle();
  expect(await world.client.get(serviceKind, { namespace: "default", name: "a" })).toBeUndefined();
  await create("c");
  expect(await ingress("c")).toBe("127.77.0.1 VIP");
});

it("the type may change there and back", async () => {
  await create("a");
  const key = { namespace: "default", name: "a" };
  await world.client.patch(serviceKind, key, "merge", { spec: { type: "ClusterIP" } });
  await world.clock.settle();
  expect(await ingress("a")).toBe("");
  expect((await world.client.get(serviceKind, key))?.metadata.finalizers).toBeUndefined();
  await world.client.patch(serviceKind, key, "merge", { spec: { type: "LoadBalancer" } });
  await world.clock.settle();
  expect(await ingress("a")).toBe("127.77.0.1 VIP");
});

it("a wish that is taken is told once, and met when it becomes free", async () => {
  await create("a");
  await create("b", { loadBalancerIP: "127.77.0.1" });
  await world.clock.advance(60_000);
  const told = world.takeEvents().filter((event) => event.includes("SyncLoadBalancerFailed"));
  expect(told).toEqual([
    "Warning SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: requested address 127.77.0.1 is used by another Service (Service b)",
  ]);
  await world.client.delete(serviceKind, { namespace: "default", name: "a" });
  await world.clock.advance(10_000);
  expect(await ingress("b")).toBe("127.77.0.1 VIP");
});
