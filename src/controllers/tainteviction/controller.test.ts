import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import { conditionOf } from "../../machinery/conditions.ts";
import type { Taint, Toleration } from "../../schema/shapes/core.v1.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { TaintEvictionController } from "./controller.ts";

const taint: Taint = { key: "trouble", effect: "NoExecute" };
const tolerating = (tolerationSeconds?: number): Toleration[] => [
  { key: "trouble", operator: "Exists", effect: "NoExecute", ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }) },
];
let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new TaintEvictionController(deps)]);
  await world.client.create(nodeKind, { metadata: { name: "n1" }, spec: {} });
  await world.client.create(accountKind, { metadata: { name: "default", namespace: "default" } });
});
afterEach(() => world[Symbol.asyncDispose]());

async function createPod(tolerations: Toleration[] = []): Promise<void> {
  const spec = { containers: [{ name: "c", image: "i" }], nodeName: "n1", tolerations };
  await world.client.create(podKind, { metadata: { name: "p", namespace: "default" }, spec });
  await world.clock.settle();
}
async function setTaints(taints: Taint[]): Promise<void> {
  await world.client.patch(nodeKind, { namespace: "", name: "n1" }, "merge", { spec: { taints } });
  await world.clock.settle();
}
async function terminating(): Promise<boolean> {
  const pod = await world.client.get(podKind, { namespace: "default", name: "p" });
  return pod?.metadata.deletionTimestamp !== undefined;
}

describe("a pod on a node with a NoExecute taint", () => {
  it("goes at once when it doesn't tolerate it, and says why", async () => {
    await createPod();
    await setTaints([taint]);
    expect(await terminating()).toBe(true);
    expect(world.takeEvents()).toEqual(["Normal TaintManagerEviction: Marking for deletion Pod default/p (Pod p)"]);
    const pod = await world.client.get(podKind, { namespace: "default", name: "p" });
    expect(conditionOf(pod?.status?.conditions, "DisruptionTarget")).toMatchObject({
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
    });
  });

  it("goes when it comes after the taint", async () => {
    await setTaints([taint]);
    await createPod();
    expect(await terminating()).toBe(true);
  });

  it("stays as long as it tolerates it", async () => {
    await createPod(tolerating(300));
    await setTaints([taint]);
    await world.clock.advance(299_000);
    expect(await terminating()).toBe(false);
    await world.clock.advance(2000);
    expect(await terminating()).toBe(true);
  });

  it("stays for good when it tolerates it without limit", async () => {
    await createPod(tolerating());
    await setTaints([taint]);
    await world.clock.advance(86_400_000);
    expect(await terminating()).toBe(false);
    expect(world.takeEvents()).toEqual([]);
  });

  it("stays when the taint is taken away in time", async () => {
    await createPod(tolerating(300));
    await setTaints([taint]);
    await world.clock.advance(100_000);
    await setTaints([]);
    await world.clock.advance(1_000_000);
    expect(await terminating()).toBe(false);
    expect(world.takeEvents()).toEqual(["Normal TaintManagerEviction: Cancelling deletion of Pod default/p (Pod p)"]);
  });
});
