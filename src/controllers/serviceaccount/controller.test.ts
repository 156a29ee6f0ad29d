import { afterEach, beforeEach, expect, it } from "vitest";
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { ServiceAccountController } from "./controller.ts";

let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new ServiceAccountController(deps)]);
});
afterEach(() => world[Symbol.asyncDispose]());
const accounts = async (namespace: string): Promise<string[]> =>
  (await world.client.list(accountKind, { namespace })).items.map((account) => account.metadata.name);

it("every namespace has one, old and new, and again when it is deleted", async () => {
  expect(await accounts("default")).toEqual(["default"]);
  await world.client.create(namespaceKind, { metadata: { name: "team" }, spec: {} });
  await world.clock.settle();
  expect(await accounts("team")).toEqual(["default"]);
  await world.client.delete(accountKind, { namespace: "team", name: "default" });
  await world.clock.settle();
  expect(await accounts("team")).toEqual(["default"]);
});

it("not in a namespace that is going", async () => {
  await world.client.create(namespaceKind, { metadata: { name: "team" }, spec: {} });
  await world.clock.settle();
  await world.client.delete(namespaceKind, { namespace: "", name: "team" });
  await world.client.delete(accountKind, { namespace: "team", name: "default" });
  await world.clock.advance(10_000);
  expect(await accounts("team")).toEqual([]);
});
