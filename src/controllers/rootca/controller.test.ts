import { afterEach, beforeEach, expect, it } from "vitest";
import { configMap as configMapKind } from "../../api/core/v1/configMap.ts";
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { RootCaController } from "./controller.ts";

let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new RootCaController(deps, { certificate: "PEM" })]);
});
afterEach(() => world[Symbol.asyncDispose]());
const key = (namespace: string) => ({ namespace, name: "kube-root-ca.crt" });
const published = async (namespace: string) => (await world.client.get(configMapKind, key(namespace)))?.data;

it("every namespace has the certificate, and has it again when it is changed or deleted", async () => {
  expect(await published("kube-system")).toEqual({ "ca.crt": "PEM" });
  await world.client.create(namespaceKind, { metadata: { name: "team" }, spec: {} });
  await world.clock.settle();
  expect(await published("team")).toEqual({ "ca.crt": "PEM" });
  await world.client.patch(configMapKind, key("team"), "merge", { data: { "ca.crt": "forged", more: "x" } });
  await world.clock.settle();
  expect(await published("team")).toEqual({ "ca.crt": "PEM" });
  await world.client.delete(configMapKind, key("team"));
  await world.clock.settle();
  expect(await published("team")).toEqual({ "ca.crt": "PEM" });
});
