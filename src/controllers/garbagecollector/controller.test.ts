import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configMap as configMapKind } from "../../api/core/v1/configMap.ts";
import { node as nodeKind } from "../../api/core/v1/node.ts";
import { secret as secretKind } from "../../api/core/v1/secret.ts";
import { kinds } from "../../api/registry.ts";
import type { DeleteOptions } from "../../client/client.ts";
import { apiVersionOf, type KindRef, type KubeObject } from "../../machinery/kind.ts";
import type { OwnerReference } from "../../schema/shapes/meta.v1.ts";
import { controllerWorld, type ControllerWorld } from "../../testing/controllerWorld.ts";
import { aNode } from "../../testing/objects.ts";
import { GarbageCollectorController } from "./controller.ts";

const namespace = "default";
let world: ControllerWorld;
beforeEach(async () => {
  world = await controllerWorld((deps) => [new GarbageCollectorController(deps, { kinds })]);
});
afterEach(() => world[Symbol.asyncDispose]());

function refTo(owner: KubeObject, kind: KindRef = configMapKind, parts: Partial<OwnerReference> = {}): OwnerReference {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, name: owner.metadata.name, uid: owner.metadata.uid ?? "", ...parts };
}
const blocking = (owner: KubeObject): OwnerReference => refTo(owner, configMapKind, { blockOwnerDeletion: true });

function create(name: string, owners: OwnerReference[] = [], finalizers: string[] = []): Promise<KubeObject> {
  return world.client.create(configMapKind, { metadata: { name, namespace, ownerReferences: owners, finalizers } });
}
async function remove(name: string, propagationPolicy: DeleteOptions["propagationPolicy"] = "Background"): Promise<void> {
  await world.client.delete(configMapKind, { namespace, name }, { propagationPolicy });
  await world.clock.settle();
}
async function left(): Promise<string[]> {
  const { items } = await world.client.list(configMapKind, { namespace });
  return items.map(({ metadata }) => `${metadata.name}${metadata.deletionTimestamp === undefined ? "" : " (terminating)"}`);
}
const get = (name: string) => world.client.get(configMapKind, { namespace, name });
async function release(name: string): Promise<void> {
  await world.client.patch(configMapKind, { namespace, name }, "merge", { metadata: { finalizers: null } });
  await world.clock.settle();
}

describe("in the background", () => {
  it("dependents follow their owner, and theirs follow them", async () => {
    const top = await create("top");
    const middle = await create("middle", [refTo(top)]);
    await create("bottom", [refTo(middle)]);
    await create("other");
    await remove("top");
    expect(await left()).toEqual(["other"]);
  });

  it("one of two owners goes: only the reference to it", async () => {
    const [a, b] = [await create("a"), await create("b")];
    await create("shared", [refTo(a), refTo(b)]);
    await remove("a");
    expect(await left()).toEqual(["b", "shared"]);
    expect((await get("shared"))?.metadata.ownerReferences?.map((each) => each.name)).toEqual(["b"]);
    await remove("b");
    expect(await left()).toEqual([]);
  });

  it("an owner that never was takes its dependent along", async () => {
    await create("lost", [{ apiVersion: "v1", kind: "ConfigMap", name: "nobody", uid: "00000000-0000-4000-8000-000000000000" }]);
    await world.clock.settle();
    expect(await left()).toEqual([]);
  });

  it("another object of the owner's name is not the owner", async () => {
    const owner = await create("owner");
    await remove("owner");
    await create("owner");
    await create("late", [refTo(owner)]);
    await world.clock.settle();
    expect(await left()).toEqual(["owner"]);
  });

  it("an owner of a kind that nobody knows is left alone", async () => {
    await create("strange", [{ apiVersion: "example.com/v1", kind: "Thing", name: "thing", uid: "00000000-0000-4000-8000-000000000000" }]);
    await world.clock.advance(60_000);
    expect(await left()).toEqual(["strange"]);
  });

  it("what was missed while nobody ran is made up for", async () => {
    const owner = await create("owner");
    await create("dependent", [refTo(owner)]);
    await world.restart();
    expect(await left()).toEqual(["dependent", "owner"]);
    await remove("owner");
    expect(await left()).toEqual([]);
  });

  it("a restart costs no request for what is in order", async () => {
    const owner = await create("owner");
    await create("dependent", [refTo(owner)]);
    await world.clock.settle();
    world.takeWrites();
    await world.restart();
    expect(world.takeWrites()).toEqual([]);
  });
});

describe("in the foreground", () => {
  it("an owner waits for the dependents that block it", async () => {
    const owner = await create("owner");
    await create("slow", [blocking(owner)], ["example.com/hold"]);
    await create("quick", [blocking(owner)]);
    await remove("owner", "Foreground");
    expect(await left()).toEqual(["owner (terminating)", "slow (terminating)"]);
    await release("slow");
    expect(await left()).toEqual([]);
  });

  it("an owner does not wait for others, which go all the same", async () => {
    const owner = await create("owner");
    await create("loose", [refTo(owner)], ["example.com/hold"]);
    await remove("owner", "Foreground");
    expect(await left()).toEqual(["loose (terminating)"]);
  });

  it("the waiting goes down the chain", async () => {
    const top = await create("top");
    const middle = await create("middle", [blocking(top)]);
    await create("bottom", [blocking(middle)], ["example.com/hold"]);
    await remove("top", "Foreground");
    expect(await left()).toEqual(["bottom (terminating)", "middle (terminating)", "top (terminating)"]);
    await release("bottom");
    expect(await left()).toEqual([]);
  });

  it("a circle comes apart", async () => {
    const a = await create("a");
    const b = await create("b", [blocking(a)]);
    await world.client.patch(configMapKind, { namespace, name: "a" }, "merge", { metadata: { ownerReferences: [blocking(b)] } });
    await remove("a", "Foreground");
    await world.clock.advance(60_000);
    expect(await left()).toEqual([]);
  });

  it("the wait goes on after a restart in the middle", async () => {
    const owner = await create("owner");
    await create("slow", [blocking(owner)], ["example.com/hold"]);
    await remove("owner", "Foreground");
    await world.restart();
    await release("slow");
    expect(await left()).toEqual([]);
  });
});

describe("orphans", () => {
  it("stay, without the reference", async () => {
    const owner = await create("owner");
    for (let i = 0; i < 5; i += 1) await create(`d${i}`, [refTo(owner)]);
    await remove("owner", "Orphan");
    expect(await left()).toEqual(["d0", "d1", "d2", "d3", "d4"]);
    expect((await get("d3"))?.metadata.ownerReferences ?? []).toEqual([]);
  });
});

describe("across scopes", () => {
  it("a cluster-scoped owner has dependents in namespaces", async () => {
    const node = await world.client.create(nodeKind, { metadata: { name: "n1" }, spec: aNode("n1").spec });
    await create("of-node", [refTo(node, nodeKind)]);
    await world.clock.settle();
    expect(await left()).toEqual(["of-node"]);
    await world.client.delete(nodeKind, { namespace: "", name: "n1" });
    await world.clock.settle();
    expect(await left()).toEqual([]);
  });

  it("an owner in another namespace is none, and that is told", async () => {
    const foreign = await world.client.create(secretKind, { metadata: { name: "owner", namespace: "kube-system" } });
    await world.clock.settle();
    await create("dependent", [refTo(foreign, secretKind)]);
    await world.clock.settle();
    expect(await left()).toEqual([]);
    const uid = foreign.metadata.uid ?? "";
    expect(world.takeEvents()).toEqual([
      `Warning OwnerRefInvalidNamespace: ownerRef [v1/Secret, namespace: default, name: owner, uid: ${uid}] does not exist in namespace "default" (ConfigMap dependent)`,
    ]);
  });

  it("a namespaced owner of a cluster-scoped object is never held against it", async () => {
    const owner = await create("owner");
    await world.client.create(nodeKind, { metadata: { name: "n1", ownerReferences: [refTo(owner)] }, spec: {} });
    await remove("owner");
    await world.clock.advance(60_000);
    expect(await world.client.get(nodeKind, { namespace: "", name: "n1" })).toBeDefined();
  });
});
