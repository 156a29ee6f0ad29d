import { afterEach, beforeEach, expect, it } from "vitest";
import { configMap as configMapKind } from "../../api/core/v1/configMap.ts";
import { namespace as namespaceKind } from "../../api/core/v1/namespace.ts";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { serviceAccount as accountKind } from "../../api/core/v1/serviceAccount.ts";
import { kinds } from "../../api/registry.ts";
import type { Namespace } from "../../schema/shapes/core.v1.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { NamespaceController } from "./controller.ts";

const namespace = "team";
const key = { namespace: "", name: namespace };
let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new NamespaceController(deps, { kinds: () => kinds })]);
  await world.client.create(namespaceKind, { metadata: { name: namespace }, spec: {} });
  await world.client.create(accountKind, { metadata: { name: "default", namespace } });
});
afterEach(() => world[Symbol.asyncDispose]());

async function remove(): Promise<Namespace | undefined> {
  await world.client.delete(namespaceKind, key);
  await world.clock.settle();
  return world.client.get(namespaceKind, key);
}
function conditionOf(home: Namespace | undefined, type: string): string {
  const condition = home?.status?.conditions?.find((each) => each.type === type);
  return `${condition?.status} ${condition?.message}`;
}

it("goes with all its content", async () => {
  for (let i = 0; i < 30; i += 1) await world.client.create(configMapKind, { metadata: { name: `c${i}`, namespace } });
  await world.client.create(configMapKind, { metadata: { name: "elsewhere", namespace: "default" } });
  expect(await remove()).toBeUndefined();
  expect((await world.client.list(configMapKind, { namespace })).items).toEqual([]);
  expect((await world.client.list(configMapKind, { namespace: "default" })).items).toHaveLength(1);
});

it("waits for finalizers, says so, and looks again", async () => {
  await world.client.create(configMapKind, { metadata: { name: "held", namespace, finalizers: ["example.com/hold"] } });
  const waiting = await remove();
  expect(waiting?.status?.phase).toBe("Terminating");
  expect(conditionOf(waiting, "NamespaceContentRemaining")).toBe("True Some resources are remaining: configmaps. has 1 resource instances");
  expect(conditionOf(waiting, "NamespaceFinalizersRemaining")).toBe(
    "True Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
  );
  expect(conditionOf(waiting, "NamespaceDeletionContentFailure")).toBe(
    "False All content successfully deleted, may be waiting on finalization",
  );
  await world.client.patch(configMapKind, { namespace, name: "held" }, "merge", { metadata: { finalizers: null } });
  await world.clock.advance(1000);
  expect(await world.client.get(namespaceKind, key)).toBeUndefined();
});

it("pods go first; when the last is gone the rest follows at once", async () => {
  await world.client.create(podKind, {
    metadata: { name: "p", namespace },
    spec: { containers: [{ name: "c", image: "i" }], nodeName: "n1" },
  });
  await world.client.create(configMapKind, { metadata: { name: "config", namespace } });
  const waiting = await remove();
  expect(conditionOf(waiting, "NamespaceContentRemaining")).toBe("True Some resources are remaining: pods. has 1 resource instances");
  expect(await world.client.get(configMapKind, { namespace, name: "config" })).toBeDefined();
  // What a kubelet does when the containers have ended.
  await world.client.delete(podKind, { namespace, name: "p" }, { gracePeriodSeconds: 0 });
  await world.clock.settle();
  expect(await world.client.get(namespaceKind, key)).toBeUndefined();
});

it("a finalizer of the namespace's own keeps it, empty", async () => {
  await world.client.patch(namespaceKind, key, "merge", { metadata: { finalizers: ["example.com/mine"] } });
  await world.client.create(configMapKind, { metadata: { name: "config", namespace } });
  const waiting = await remove();
  expect(waiting?.spec.finalizers ?? []).toEqual([]);
  expect((await world.client.list(configMapKind, { namespace })).items).toEqual([]);
  await world.client.patch(namespaceKind, key, "merge", { metadata: { finalizers: null } });
  expect(await world.client.get(namespaceKind, key)).toBeUndefined();
});
