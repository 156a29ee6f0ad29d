import { describe, expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../../schema/shapes/apps.v1.ts";
import { aPod } from "../../testing/objects.ts";
import { assertNever } from "../../base/assert.ts";
import type { Action } from "./action.ts";
import { aDeployment, aSet, observed, type DeploymentParts } from "./fixtures.ts";
import { observe } from "./observe.ts";
import { plan } from "./plan.ts";
import { newReplicaSetFor, scaleAnnotations } from "./revisions.ts";

const text = (action: Action): string => {
  const { name } = action.replicaSet.metadata;
  switch (action.type) {
    case "create":
      return `create ${action.replicaSet.spec.replicas}`;
    case "scale":
      return `${name}=${action.replicas}`;
    case "annotate":
      return `annotate ${name}`;
    case "delete":
      return `delete ${name}`;
    default:
      return assertNever(action);
  }
};
const planned = (deployment: Deployment, ...sets: ReplicaSet[]): string[] => plan(observed(deployment, ...sets)).map(text);

/** The current ReplicaSet, annotated as the controller leaves it. */
const current = (deployment: Deployment, parts: Parameters<typeof aSet>[1] = {}, revision = 2): ReplicaSet =>
  aSet("new", {
    image: "v2",
    created: 50,
    ...parts,
    annotations: { "deployment.kubernetes.io/revision": String(revision), ...scaleAnnotations(deployment), ...parts.annotations },
  });
const old = (name: string, deployment: Deployment, parts: Parameters<typeof aSet>[1] = {}, revision = 1): ReplicaSet =>
  aSet(name, { ...parts, annotations: { "deployment.kubernetes.io/revision": String(revision), ...scaleAnnotations(deployment) } });

const before = (replicas: number, surge = 2): Deployment => aDeployment({ replicas, surge, unavailable: 1 });
const recreate = (parts: DeploymentParts = {}): Deployment => aDeployment({ strategy: { type: "Recreate" }, replicas: 4, ...parts });
const complete = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
const sets = (deployment: Deployment): ReplicaSet[] => [
  old("r4", deployment, { created: 1 }, 4),
  old("r2", deployment, { created: 2 }, 2),
  old("r3", deployment, { created: 3 }, 3),
  current(deployment, { replicas: 2, available: 2 }, 5),
];

describe("plan: the current ReplicaSet", () => {
  test("is made with as many replicas as there is room for", () => {
    expect(planned(aDeployment({ replicas: 3 }))).toEqual(["create 3"]);
    const deployment = aDeployment({ surge: 2 });
    expect(planned(deployment, old("old", deployment, { replicas: 10, available: 10 }))).toEqual(["create 2"]);
  });

  test("carries hash, owner, annotations and the next revision", () => {
    const deployment = aDeployment({
      minReadySeconds: 5,
      annotations: {
        "kubernetes.io/change-cause": "image v2",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "deployment.kubernetes.io/revision": "3",
      },
    });
    const made = newReplicaSetFor(deployment, [old("a", deployment, {}, 3), old("b", deployment, {}, 2)]);
    const hash = made.metadata.labels?.["pod-template-hash"];
    expect(hash).toMatch(/^[bcdf]?[bcdfghjklmnpqrstvwxz2456789]{7,10}$/);
    expect(made).toMatchObject({
      metadata: {
        name: `web-${hash}`,
        namespace: "default",
        labels: { app: "web", "pod-template-hash": hash },
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-web", controller: true, blockOwnerDeletion: true },
        ],
        annotations: {
          "kubernetes.io/change-cause": "image v2",
          "deployment.kubernetes.io/revision": "4",
          "deployment.kubernetes.io/desired-replicas": "10",
          "deployment.kubernetes.io/max-replicas": "11",
        },
      },
      spec: {
        minReadySeconds: 5,
        selector: { matchLabels: { app: "web", "pod-template-hash": hash } },
        template: { metadata: { labels: { app: "web", "pod-template-hash": hash } } },
      },
    });
    expect(Object.keys(made.metadata.annotations ?? {})).toHaveLength(4);
  });

  test("of two with the template the older is it", () => {
    const deployment = aDeployment();
    const seen = observed(deployment, aSet("young", { image: "v2", created: 9 }), aSet("elder", { image: "v2", created: 3 }));
    expect(seen.current?.metadata.name).toBe("elder");
    expect(seen.old.map((each) => each.metadata.name)).toEqual(["young"]);
  });

  test("an old one taken up again gets the next revision, and remembers its former ones", () => {
    const deployment = aDeployment({ annotations: { "kubernetes.io/change-cause": "back" } });
    const [action] = plan(observed(deployment, current(deployment, { annotations: { note: "kept" } }, 1), old("b", deployment, {}, 2)));
    expect(action).toMatchObject({
      type: "annotate",
      annotations: {
        note: "kept",
        "kubernetes.io/change-cause": "back",
        "deployment.kubernetes.io/revision": "3",
        "deployment.kubernetes.io/revision-history": "1",
      },
    });
    const again = current(deployment, { annotations: { "deployment.kubernetes.io/revision-history": "1,3" } }, 5);
    const [second] = plan(observed(deployment, again, old("b", deployment, {}, 6)));
    expect(second).toMatchObject({
      annotations: { "deployment.kubernetes.io/revision": "7", "deployment.kubernetes.io/revision-history": "1,3,5" },
    });
  });

  test("a changed minReadySeconds or annotation of the Deployment is taken over", () => {
    const deployment = aDeployment({ minReadySeconds: 3, replicas: 10 });
    expect(planned(deployment, current(deployment, { replicas: 10 }, 1))).toEqual(["annotate new"]);
    const annotated = aDeployment({ annotations: { team: "shop" } });
    expect(planned(annotated, current(annotated, { replicas: 10 }, 1))).toEqual(["annotate new"]);
    expect(planned(annotated, current(annotated, { replicas: 10, annotations: { team: "shop" } }, 1))).toEqual([]);
  });
});

describe("plan: when nothing is rolled out", () => {
  test("a Deployment that is going makes nothing", () => {
    const deployment = aDeployment();
    expect(planned({ ...deployment, metadata: { ...deployment.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } })).toEqual([]);
  });

  test("a paused one makes no ReplicaSet and moves none", () => {
    const deployment = aDeployment({ paused: true });
    expect(planned(deployment)).toEqual([]);
    expect(planned(deployment, old("old", deployment, { replicas: 10, available: 10 }))).toEqual([]);
    expect(planned(deployment, old("old", deployment, { replicas: 9, available: 9 }), current(deployment, { replicas: 2 }))).toEqual([]);
  });
});

describe("plan: scaling", () => {
  test("the only active ReplicaSet takes it all, also a paused Deployment's old one", () => {
    const now = before(6);
    expect(planned(now, old("only", before(10), { replicas: 10, image: "v2" }))).toEqual(["only=6"]);
    const paused = { ...now, spec: { ...now.spec, paused: true } };
    expect(planned(paused, old("only", before(10), { replicas: 10 }))).toEqual(["only=6"]);
  });

  test.each<[string, number, number, Record<string, number>, string[]]>([
    // name, replicas before, replicas after, sizes of old1, old2, ... and new (with surge 2), expected steps
    ["grows in proportion", 10, 20, { old1: 9, new: 3 }, ["old1=17", "new=5"]],
    ["shrinks in proportion", 10, 5, { old1: 9, new: 3 }, ["old1=5", "new=2"]],
    ["of equals the newer grows more", 10, 11, { old1: 6, new: 6 }, ["new=7", "old1=6"]],
    ["of equals the older shrinks more", 10, 9, { old1: 6, new: 6 }, ["old1=5", "new=6"]],
    ["to nothing", 10, 0, { old1: 9, new: 3 }, ["old1=0", "new=0"]],
    ["three of them", 10, 28, { old1: 3, old2: 6, new: 3 }, ["old2=15", "new=8", "old1=7"]],
  ])("%s", (...[_name, from, to, sizes, expected]) => {
    const deployment = before(to);
    const sets = Object.entries(sizes).map(([name, replicas], i) =>
      name === "new"
        ? current(before(from), { replicas, available: replicas, created: 9 }, 9)
        : old(name, before(from), { replicas, available: replicas, created: i }, i + 1),
    );
    const got = planned(deployment, ...sets);
    // A ReplicaSet that keeps its size is still told what it is now scaled for.
    expect(got.toSorted()).toEqual(expected.toSorted());
    const total = got.reduce((sum, step) => sum + Number(step.split("=")[1]), 0);
    expect(total).toBe(to === 0 ? 0 : to + 2);
  });

  test("growing waits for pods of a ReplicaSet that was just scaled down", () => {
    const lagging = old("old1", before(10), { replicas: 8, pods: 9, available: 9 });
    expect(planned(before(20), lagging, current(before(10), { replicas: 3 }))).toEqual([]);
    expect(planned(before(20), { ...lagging, status: { replicas: 8 } }, current(before(10), { replicas: 3 }))).not.toEqual([]);
  });

  test("when the current one is saturated the old ones go", () => {
    const deployment = before(10);
    const stray = old("stray", before(3), { replicas: 2, available: 2 });
    expect(planned(deployment, stray, current(deployment, { replicas: 10, available: 10 }))).toEqual(["stray=0"]);
  });

  test("a size that fits by chance is still remembered as scaled for, so that a rollout can go on", () => {
    const deployment = before(5);
    expect(planned(deployment, old("only", before(3), { replicas: 5, image: "v2" }))).toEqual(["only=5"]);
  });
});

describe("plan: Recreate", () => {
  test("old pods first, all of them; new ones when the last has ended", () => {
    const deployment = recreate();
    const going = old("old", deployment, { replicas: 4, available: 4 });
    expect(planned(deployment, going)).toEqual(["old=0"]);
    expect(planned(deployment, old("old", deployment, { replicas: 0, pods: 4 }))).toEqual([]);
    const empty = old("old", deployment, { replicas: 0 });
    const withPod = (phase: string): string[] => plan(observe(deployment, [empty], () => [aPod("p", { phase })])).map(text);
    expect(withPod("Running")).toEqual([]);
    expect(withPod("Unknown")).toEqual([]);
    expect(withPod("Failed")).toEqual(["create 4"]);
    expect(planned(deployment, empty, current(deployment, { replicas: 0 }))).toEqual(["new=4"]);
  });

  test("scaled with several active ones, it goes on to its end", () => {
    const deployment = recreate({ replicas: 6 });
    const before = recreate({ replicas: 4 });
    expect(planned(deployment, old("old", before, { replicas: 2 }), current(before, { replicas: 2 }))).toEqual(["old=0"]);
  });
});

describe("plan: history", () => {
  test.each<[string, DeploymentParts, string[]]>([
    ["the oldest revisions beyond the limit", { revisionHistoryLimit: 1 }, ["delete r2", "delete r3"]],
    ["none kept", { revisionHistoryLimit: 0 }, ["delete r2", "delete r3", "delete r4"]],
    ["within the limit", { revisionHistoryLimit: 3 }, []],
    ["no limit", { revisionHistoryLimit: 2_147_483_647 }, []],
    ["not before the rollout is complete", { revisionHistoryLimit: 0, status: { ...complete, availableReplicas: 1 } }, []],
    ["not before the latest spec is observed", { revisionHistoryLimit: 0, generation: 2 }, []],
    ["but while paused", { revisionHistoryLimit: 2, paused: true, status: {} }, ["delete r2"]],
  ])("%s", (_name, parts, expected) => {
    const deployment = aDeployment({ replicas: 2, generation: 1, status: complete, ...parts });
    expect(planned(deployment, ...sets(deployment))).toEqual(expected);
  });

  test("one with pods left, or unobserved, or going stays", () => {
    const deployment = aDeployment({ replicas: 2, status: complete, generation: 1, revisionHistoryLimit: 0 });
    const held = [
      old("pods", deployment, { pods: 1 }, 1),
      old("unobserved", deployment, { generation: 2, status: { observedGeneration: 1 } }, 2),
    ];
    expect(planned(deployment, ...held, current(deployment, { replicas: 2, available: 2 }, 5))).toEqual([]);
  });
});
