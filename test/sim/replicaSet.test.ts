/** ReplicaSets on a whole control plane in process: claims, replacement, choice, status, failures. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replicaSet as replicaSetKind } from "../../src/api/apps/v1/replicaSet.ts";
import { pod as podKind } from "../../src/api/core/v1/pod.ts";
import type { ReplicaSet } from "../../src/schema/shapes/apps.v1.ts";
import type { Pod } from "../../src/schema/shapes/core.v1.ts";
import { noFaults } from "../../src/testing/faultyTransport.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld({ seed: 1, stepMs: 100 });
});
afterEach(() => world[Symbol.asyncDispose]());

const key = { namespace: "default", name: "web" };
const labels = { app: "web" };
const aReplicaSet = (spec: Partial<ReplicaSet["spec"]> = {}): ReplicaSet => ({
  metadata: { ...key },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    ...spec,
  },
});
const create = (spec?: Partial<ReplicaSet["spec"]>): Promise<ReplicaSet> => world.client.create(replicaSetKind, aReplicaSet(spec));
const pods = async (): Promise<Pod[]> => (await world.client.list(podKind, { namespace: "default" })).items;
const names = async (): Promise<string[]> => (await pods()).map((pod) => pod.metadata.name).sort();
const status = async (): Promise<ReplicaSet["status"]> => (await world.client.get(replicaSetKind, key))?.status;
const patchPod = (name: string, patch: object): Promise<Pod> => world.client.patch(podKind, { namespace: "default", name }, "merge", patch);

describe("a ReplicaSet", () => {
  test("makes its pods, says so, and reports them", async () => {
    await create();
    await world.clock.advance(5000);
    expect(await status()).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      observedGeneration: 1,
    });
    expect(world.events.toSorted()).toEqual((await names()).map((name) => `SuccessfulCreate: Created pod: ${name}`));
    const [pod] = await pods();
    expect(pod?.metadata).toMatchObject({
      generateName: "web-",
      labels,
      ownerReferences: [{ kind: "ReplicaSet", name: "web", controller: true }],
    });
    expect(pod?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test("replaces a deleted pod before the old one is gone", async () => {
    await create({ replicas: 1 });
    await world.clock.advance(5000);
    const [first = ""] = await names();
    await world.client.delete(podKind, { namespace: "default", name: first });
    await world.clock.settle();
    expect(await names()).toHaveLength(2);
    expect((await status())?.terminatingReplicas).toBe(1);
    await world.clock.advance(5000);
    expect(await names()).not.toContain(first);
    expect(await names()).toHaveLength(1);
  });

  test("scaled down, gives up what its annotation says is cheap", async () => {
    await create();
    await world.clock.advance(5000);
    const [cheap = "", ...rest] = await names();
    await patchPod(cheap, { metadata: { annotations: { "controller.kubernetes.io/pod-deletion-cost": "-10" } } });
    await world.client.patch(replicaSetKind, key, "merge", { spec: { replicas: 2 } }, "scale");
    await world.clock.advance(5000);
    expect(await names()).toEqual(rest);
    expect(world.events).toContain(`SuccessfulDelete: Deleted pod: ${cheap}`);
  });

  test("adopts orphans that it selects and releases pods that it doesn't any more", async () => {
    await world.client.create(podKind, {
      metadata: { name: "orphan", namespace: "default", labels },
      spec: aReplicaSet().spec.template?.spec ?? { containers: [] },
    });
    await world.clock.advance(1000);
    const { metadata } = await create();
    await world.clock.advance(5000);
    const before = await names();
    expect(before).toHaveLength(3);
    expect((await pods()).every((pod) => pod.metadata.ownerReferences?.[0]?.uid === metadata.uid)).toBe(true);

    await patchPod("orphan", { metadata: { labels: { app: "debug" } } });
    await world.clock.advance(5000);
    const freed = (await pods()).find((pod) => pod.metadata.name === "orphan");
    expect(freed?.metadata.ownerReferences ?? []).toEqual([]);
    expect(await names()).toHaveLength(4);

    await patchPod("orphan", { metadata: { labels } });
    await world.clock.advance(5000);
    expect(await names()).toHaveLength(3);
  });

  test("counts a pod as available when it has been ready for minReadySeconds, without anything happening", async () => {
    await create({ replicas: 2, minReadySeconds: 30 });
    await world.clock.advance(5000);
    expect(await status()).toMatchObject({ readyReplicas: 2 });
    expect((await status())?.availableReplicas).toBeUndefined();
    await world.clock.advance(30_000);
    expect(await status()).toMatchObject({ availableReplicas: 2 });
  });

  test("says why it can't make pods, and stops saying so when it can", async () => {
    await create({
      template: { metadata: { labels }, spec: { serviceAccountName: "missing", containers: [{ name: "web", image: "web:1" }] } },
    });
    await world.clock.advance(5000);
    const message = 'pods "web-';
    expect((await status())?.conditions).toMatchObject([{ type: "ReplicaFailure", status: "True", reason: "FailedCreate" }]);
    expect((await status())?.conditions?.[0]?.message).toContain(message);
    expect(world.events.some((event) => event.startsWith(`FailedCreate: Error creating: ${message}`))).toBe(true);
    await world.client.patch(replicaSetKind, key, "merge", {
      spec: { template: { spec: { serviceAccountName: "default", serviceAccount: "default" } } },
    });
    await world.clock.advance(60_000);
    expect((await status())?.conditions ?? []).toEqual([]);
    expect(await names()).toHaveLength(3);
  });
});

describe("a ReplicaSet whose answers get lost", () => {
  test.each([1, 2, 3, 4, 5, 6])("makes no pod too many, seed %i", async (seed) => {
    await world[Symbol.asyncDispose]();
    const faults = { ...noFaults, answerLost: 0.5, refused: 0.2, watchLagMs: 5000 };
    world = await startWorld({ seed, stepMs: 100, faults });
    let most = 0;
    const present = new Set<string>();
    world.onChange(({ key: at, type }) => {
      if (!at.startsWith("/registry/core/pods/")) return;
      if (type === "put") present.add(at);
      else present.delete(at);
      most = Math.max(most, present.size);
    });
    await create({ replicas: 7 });
    await world.clock.runUntil(() => present.size === 7, 3_600_000);
    await world.clock.advance(60_000);
    expect(most).toBe(7);
  });
});
