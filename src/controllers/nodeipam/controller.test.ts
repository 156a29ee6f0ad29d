import { afterEach, expect, it } from "vitest";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { NodeIpamController } from "./controller.ts";

let world: ControllerWorld;
afterEach(() => world[Symbol.asyncDispose]());
const start = async (clusterCidr: string): Promise<void> => {
  world = await controllerWorld((deps) => [new NodeIpamController(deps, { clusterCidr })]);
};
async function join(name: string, podCIDR?: string): Promise<void> {
  const spec = podCIDR === undefined ? {} : { podCIDR, podCIDRs: [podCIDR] };
  await world.client.create(nodeKind, { metadata: { name }, spec });
  await world.clock.settle();
}
const range = async (name: string): Promise<string | undefined> =>
  (await world.client.get(nodeKind, { namespace: "", name }))?.spec.podCIDR;

it("each node has a range of its own, also beside those that brought theirs", async () => {
  await start("10.244.0.0/16");
  await join("own", "10.244.1.0/24");
  for (const name of ["a", "b", "c"]) await join(name);
  expect([await range("own"), await range("a"), await range("b"), await range("c")]).toEqual([
    "10.244.1.0/24",
    "10.244.0.0/24",
    "10.244.2.0/24",
    "10.244.3.0/24",
  ]);
  await world.client.delete(nodeKind, { namespace: "", name: "b" });
  await world.restart();
  await join("d");
  expect(await range("d")).toBe("10.244.2.0/24");
});

it("when all are taken a node is told, and gets the next that becomes free", async () => {
  await start("10.244.0.0/24");
  await join("a");
  await join("b");
  expect(await range("b")).toBeUndefined();
  expect(world.takeEvents()).toEqual(["Normal CIDRNotAvailable: Node b status is now: CIDRNotAvailable (Node b)"]);
  await world.client.delete(nodeKind, { namespace: "", name: "a" });
  await world.clock.advance(60_000);
  expect(await range("b")).toBe("10.244.0.0/24");
});
