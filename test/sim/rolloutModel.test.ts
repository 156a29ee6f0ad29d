/** The rules themselves: each must catch what it is for, or a thousand green runs would mean nothing. */
import { describe, expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../../src/schema/shapes/apps.v1.ts";
import type { Pod } from "../../src/schema/shapes/core.v1.ts";
import { BrokenRule, RolloutModel } from "./rolloutModel.ts";

const startMs = Date.UTC(2026, 0, 1);

interface SetParts {
  readonly generation?: number;
  readonly revision?: number;
  readonly history?: string;
  readonly image?: string;
  /** Pods that its status tells of, all available; absent: it hasn't reported. */
  readonly reported?: number;
}

/** A model and short ways to tell it what the store saw: a rollout of three replicas, at most one more and one fewer. */
class Story {
  nowMs = startMs;
  readonly model = new RolloutModel(() => this.nowMs);
  private revision = 0;

  put(key: string, object: object | undefined): this {
    this.revision += 1;
    const value = object === undefined ? undefined : new TextEncoder().encode(JSON.stringify(object));
    this.model.apply({
      type: value === undefined ? "delete" : "put",
      key,
      revision: this.revision,
      value,
      createRevision: 1,
      previous: undefined,
    });
    return this;
  }

  deployment(spec: Partial<Deployment["spec"]> = {}, generation = 1, revision?: number): this {
    const annotations = revision === undefined ? {} : { "deployment.kubernetes.io/revision": String(revision) };
    return this.put("/registry/apps/deployments/default/web", {
      metadata: { name: "web", generation, annotations },
      spec: { replicas: 3, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }, ...spec },
      status: { observedGeneration: generation },
    });
  }

  set(name: string, replicas: number, parts: SetParts = {}): this {
    const { generation = 1, revision, history, image = name, reported } = parts;
    const annotations = {
      "deployment.kubernetes.io/desired-replicas": "3",
      ...(revision === undefined ? {} : { "deployment.kubernetes.io/revision": String(revision) }),
      ...(history === undefined ? {} : { "deployment.kubernetes.io/revision-history": history }),
    };
    const set: ReplicaSet = {
      metadata: { name, uid: `uid-${name}`, generation, annotations },
      spec: { replicas, template: { spec: { containers: [{ name: "c", image }] } } },
      status:
        reported === undefined
          ? { replicas: 0, observedGeneration: 0 }
          : { replicas: reported, availableReplicas: reported, observedGeneration: generation },
    };
    return this.put(`/registry/apps/replicasets/default/${name}`, set);
  }

  pod(name: string, set: string, parts: { ready?: boolean; going?: boolean } = {}): this {
    const { ready = true, going = false } = parts;
    const pod: Pod = {
      metadata: {
        name,
        uid: `uid-${name}`,
        ...(going ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
        ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: set, uid: `uid-${set}`, controller: true }],
      },
      spec: { containers: [] },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: "2026-01-01T00:00:00Z" }],
      },
    };
    return this.put(`/registry/core/pods/default/${name}`, pod);
  }
}

/** The controllers have reported what is, and more time has gone by than a late decision can take. */
function longKnown(story: Story): Story {
  const reported = story.model.available().length;
  story.set("a", 3, { revision: 1, reported });
  story.nowMs += 11_000;
  return story.set("a", 3, { revision: 1, reported });
}

/** Three pods of a, settled. */
const running = (): Story => {
  const story = new Story().deployment().set("a", 3, { revision: 1 });
  for (const name of ["a1", "a2", "a3"]) story.pod(name, "a");
  return longKnown(story);
};

const lost = (): Story => running().pod("a1", "a", { ready: false });

describe("the rules", () => {
  test("an ordinary step passes", () => {
    const story = running().set("b", 1, { revision: 2 }).pod("b1", "b", { ready: false }).set("a", 2, { revision: 1, generation: 2 });
    expect(() => story.pod("a1", "a", { going: true }).put("/registry/core/pods/default/a1", undefined)).not.toThrow();
    expect(story.model.checked).toEqual({ creations: 4, deletions: 1, revisions: 2 });
  });

  test.each<[string, (story: Story) => Story, string]>([
    ["more pods than a ReplicaSet wants", (s) => s.pod("a4", "a"), "a has 4 pods, but wanted at most 3"],
    [
      "more pods than replicas and surge",
      (s) => s.set("b", 2, { revision: 2 }).pod("b1", "b").pod("b2", "b"),
      "there are 5 pods, but at most 4 are allowed",
    ],
    [
      "one available pod too many deleted",
      (s) => s.pod("a1", "a", { going: true }).pod("a2", "a", { going: true }),
      "deleting a2 left 1 available pods of at least 2 (0 lost lately)",
    ],
    ["two ReplicaSets of one template", (s) => s.set("b", 0, { revision: 2, image: "a" }), "b has the template of a"],
    ["a revision given twice", (s) => s.set("b", 0, { revision: 1 }), "b got revision 1 after 1"],
    ["a revision left out", (s) => s.set("b", 0, { revision: 3 }), "b got revision 3 after 1"],
    ["a former revision forgotten", (s) => s.set("b", 0, { revision: 2 }).set("a", 3, { revision: 3 }), 'the history of a is "", not "1"'],
    ["a history changed by itself", (s) => s.set("a", 3, { revision: 1, history: "7" }), 'the history of a changed from "" to "7"'],
    ["the Deployment's revision going back", (s) => s.deployment({}, 1, 2).deployment({}, 1, 1), "revision went from 2 back to 1"],
    [
      "Recreate mixing old and new",
      (s) =>
        s
          .deployment({ strategy: { type: "Recreate" } }, 2)
          .set("a", 0, { revision: 1, generation: 2 })
          .set("b", 3, { revision: 2 })
          .pod("a1", "a", { going: true })
          .pod("b1", "b"),
      "of an old template was there",
    ],
  ])("%s", (_name, tell, message) => {
    const story = running();
    expect(() => tell(story)).toThrow(BrokenRule);
    expect(() => tell(running())).toThrow(message);
  });

  test("a loss excuses a deletion that was on its way, until the controllers have long known of it", () => {
    expect(() => lost().pod("a2", "a", { going: true }).pod("a3", "a", { ready: true })).not.toThrow();
    expect(() => lost().pod("a2", "a", { going: true }).pod("a3", "a", { going: true })).toThrow("left 0 available pods");
    expect(() => longKnown(lost()).pod("a2", "a", { going: true })).toThrow("left 1 available pods of at least 2 (0 lost lately)");
  });

  test("what the user deletes is not the controllers' doing", () => {
    const story = running();
    story.model.deletedByUser.add("uid-a1").add("uid-a2");
    expect(() => story.pod("a1", "a", { going: true }).pod("a2", "a", { going: true })).not.toThrow();
  });
});
