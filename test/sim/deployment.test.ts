/** What `kubectl rollout` and its user see of a Deployment, on a whole control plane in process. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deployment as deploymentKind } from "../../src/api/apps/v1/deployment.ts";
import { replicaSet as replicaSetKind } from "../../src/api/apps/v1/replicaSet.ts";
import { pod as podKind } from "../../src/api/core/v1/pod.ts";
import type { Deployment, ReplicaSet } from "../../src/schema/shapes/apps.v1.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld({ seed: 3, stepMs: 1000 });
});
afterEach(() => world[Symbol.asyncDispose]());

const key = { namespace: "default", name: "web" };
const cause = "kubernetes.io/change-cause";
const revision = "deployment.kubernetes.io/revision";

const create = (spec: Partial<Deployment["spec"]> = {}): Promise<Deployment> =>
  world.client.create(deploymentKind, {
    metadata: { ...key, annotations: { [cause]: "first" } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
      ...spec,
    },
  });
const patch = (change: object): Promise<Deployment> => world.client.patch(deploymentKind, key, "strategic", change);
const setImage = (image: string, why?: string): Promise<Deployment> =>
  patch({
    ...(why === undefined ? {} : { metadata: { annotations: { [cause]: why } } }),
    spec: { template: { spec: { containers: [{ name: "web", image }] } } },
  });
const get = async (): Promise<Deployment> => {
  const deployment = await world.client.get(deploymentKind, key);
  if (deployment === undefined) throw new Error("the Deployment is gone");
  return deployment;
};
const sets = async (): Promise<ReplicaSet[]> => (await world.client.list(replicaSetKind, { namespace: "default" })).items;
const setOf = async (image: string): Promise<ReplicaSet | undefined> =>
  (await sets()).find((set) => set.spec.template?.spec.containers[0]?.image === image);
const condition = async (type: string): Promise<string | undefined> => {
  const found = (await get()).status?.conditions?.find((each) => each.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}: ${found.message}`;
};
/** `revision: change-cause`, as rollout history shows them. */
const history = async (): Promise<string[]> =>
  (await sets()).map((set) => `${set.metadata.annotations?.[revision]}: ${set.metadata.annotations?.[cause]}`).sort();

describe("rollout", () => {
  test("of three replicas goes one by one and tells of each step", async () => {
    await create();
    await world.clock.advance(20_000);
    const first = (await setOf("web:1"))?.metadata.name;
    world.events.length = 0;
    await setImage("web:2", "second");
    await world.clock.advance(60_000);
    const second = (await setOf("web:2"))?.metadata.name;
    expect(world.events.filter((event) => event.startsWith("ScalingReplicaSet"))).toEqual(
      [
        `up replica set ${second} from 0 to 1`,
        `down replica set ${first} from 3 to 2`,
        `up replica set ${second} from 1 to 2`,
        `down replica set ${first} from 2 to 1`,
        `up replica set ${second} from 2 to 3`,
        `down replica set ${first} from 1 to 0`,
      ].map((step) => `ScalingReplicaSet: Scaled ${step}`),
    );
    expect(await condition("Progressing")).toBe(`True NewReplicaSetAvailable: ReplicaSet "${second}" has successfully progressed.`);
    expect(await condition("Available")).toBe("True MinimumReplicasAvailable: Deployment has minimum availability.");
    expect(await history()).toEqual(["1: first", "2: second"]);
    expect((await get()).metadata.annotations?.[revision]).toBe("2");
  });

  test("undo takes the old ReplicaSet up again under a new revision", async () => {
    await create();
    await world.clock.advance(20_000);
    await setImage("web:2", "second");
    await world.clock.advance(60_000);
    await setImage("web:1", "first");
    await world.clock.advance(60_000);
    expect(await sets()).toHaveLength(2);
    expect(await history()).toEqual(["2: second", "3: first"]);
    expect((await setOf("web:1"))?.metadata.annotations?.["deployment.kubernetes.io/revision-history"]).toBe("1");
    expect((await setOf("web:1"))?.spec.replicas).toBe(3);
  });

  test("paused in the middle it stays as it is, scales in proportion, and goes on when resumed", async () => {
    await create({ replicas: 8 });
    await world.clock.advance(20_000);
    await setImage("web:broken");
    await world.clock.advance(60_000);
    const replicas = async (image: string): Promise<number | undefined> => (await setOf(image))?.spec.replicas;
    expect([await replicas("web:1"), await replicas("web:broken")]).toEqual([6, 4]);
    await patch({ spec: { paused: true } });
    await setImage("web:2");
    await world.clock.advance(60_000);
    expect(await condition("Progressing")).toBe("Unknown DeploymentPaused: Deployment is paused");
    expect(await setOf("web:2")).toBeUndefined();
    await patch({ spec: { replicas: 16 } });
    await world.clock.advance(60_000);
    expect([await replicas("web:1"), await replicas("web:broken")]).toEqual([12, 8]);
    await patch({ spec: { paused: false } });
    await world.clock.advance(120_000);
    expect([await replicas("web:1"), await replicas("web:broken"), await replicas("web:2")]).toEqual([0, 0, 16]);
  });

  test("that gets nowhere is given up after its deadline, and old pods keep serving", async () => {
    await create({ progressDeadlineSeconds: 60, replicas: 4 });
    await world.clock.advance(20_000);
    await setImage("web:broken");
    await world.clock.advance(50_000);
    const name = (await setOf("web:broken"))?.metadata.name;
    expect(await condition("Progressing")).toBe(`True ReplicaSetUpdated: ReplicaSet "${name}" is progressing.`);
    await world.clock.advance(20_000);
    expect(await condition("Progressing")).toBe(`False ProgressDeadlineExceeded: ReplicaSet "${name}" has timed out progressing.`);
    expect((await get()).status).toMatchObject({ availableReplicas: 3, updatedReplicas: 2 });
    await setImage("web:1");
    await world.clock.advance(60_000);
    expect(await condition("Progressing")).toContain("NewReplicaSetAvailable");
  });

  test("keeps as much history as it is told to", async () => {
    await create({ revisionHistoryLimit: 1 });
    for (const version of [2, 3, 4]) {
      await world.clock.advance(60_000);
      await setImage(`web:${version}`, `to ${version}`);
    }
    await world.clock.advance(60_000);
    expect(await history()).toEqual(["3: to 3", "4: to 4"]);
  });

  test("by Recreate ends all old pods before the first new one", async () => {
    await create({ strategy: { type: "Recreate" } });
    await world.clock.advance(20_000);
    let mixed = false;
    const images = new Map<string, string>();
    world.onChange(({ key: at, value }) => {
      if (!at.startsWith("/registry/core/pods/")) return;
      if (value === undefined) images.delete(at);
      else
        images.set(
          at,
          (JSON.parse(new TextDecoder().decode(value)) as { spec: { containers: { image: string }[] } }).spec.containers[0]?.image ?? "",
        );
      mixed ||= new Set(images.values()).size > 1;
    });
    await setImage("web:2");
    await world.clock.advance(60_000);
    const running = (await world.client.list(podKind, { namespace: "default" })).items.map((pod) => pod.spec.containers[0]?.image);
    expect(running).toEqual(["web:2", "web:2", "web:2"]);
    expect(mixed).toBe(false);
  });

  test("of a template whose hash is taken counts a collision and takes another name", async () => {
    await create();
    await world.clock.advance(20_000);
    await setImage("web:2");
    await world.clock.advance(60_000);
    const taken = await setOf("web:2");
    if (taken === undefined) throw new Error("there is no ReplicaSet");
    await setImage("web:1");
    await world.clock.advance(60_000);
    // A stranger's ReplicaSet under the name that the template's hash gives.
    await world.client.delete(replicaSetKind, { namespace: "default", name: taken.metadata.name });
    const { name, namespace } = taken.metadata;
    const labels = { app: "stranger" };
    const spec = { containers: [{ name: "x", image: "x:1" }] };
    await world.client.create(replicaSetKind, {
      metadata: { name, namespace },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    });
    await setImage("web:2");
    await world.clock.advance(60_000);
    expect((await get()).status?.collisionCount).toBe(1);
    expect((await setOf("web:2"))?.metadata.name).not.toBe(name);
    expect((await get()).status?.updatedReplicas).toBe(3);
  });
});
