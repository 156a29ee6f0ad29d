import { afterEach, beforeEach, expect, it } from "vitest";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import type { Pod } from "../../schema/shapes/core.v1.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { PodGcController } from "./controller.ts";

let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new PodGcController(deps, { terminatedPodThreshold: 2 })]);
  await world.client.create(nodeKind, { metadata: { name: "n1" }, spec: {} });
  await world.client.create(accountKind, { metadata: { name: "default", namespace: "default" } });
});
afterEach(() => world[Symbol.asyncDispose]());

async function createPod(name: string, nodeName: string, phase = "Running"): Promise<void> {
  const key = { namespace: "default", name };
  const spec = { containers: [{ name: "c", image: "i" }], nodeName };
  await world.client.create(podKind, { metadata: { ...key, finalizers: ["example.com/keep"] }, spec });
  await world.client.patch(podKind, key, "merge", { status: { phase } }, "status");
}
/** Finalizers keep them to be looked at. */
async function deleted(): Promise<Pod[]> {
  return (await world.client.list(podKind, { namespace: "default" })).items.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
}

it("pods of a node that is gone fail and go, once it has been gone for long enough", async () => {
  await createPod("stays", "n1");
  await createPod("goes", "n2");
  await world.clock.advance(35_000);
  expect(await deleted()).toEqual([]);
  await world.clock.advance(30_000);
  const [pod, ...others] = await deleted();
  expect(others).toEqual([]);
  expect(pod).toMatchObject({ metadata: { name: "goes" }, status: { phase: "Failed" } });
  expect(pod?.status?.conditions?.find((condition) => condition.type === "DisruptionTarget")).toMatchObject({
    status: "True",
    reason: "DeletionByPodGC",
    message: "PodGC: node no longer exists",
  });
});

it("a node that comes back in time keeps its pods", async () => {
  await createPod("p", "n2");
  await world.clock.advance(35_000);
  await world.client.create(nodeKind, { metadata: { name: "n2" }, spec: {} });
  await world.clock.advance(300_000);
  expect(await deleted()).toEqual([]);
});

it("of finished pods only as many as may stay", async () => {
  for (const [i, phase] of ["Succeeded", "Failed", "Succeeded", "Running"].entries()) {
    await createPod(`p${i}`, "n1", phase);
    await world.clock.advance(1000);
  }
  await world.clock.advance(20_000);
  expect((await deleted()).map((pod) => pod.metadata.name)).toEqual(["p0"]);
});
