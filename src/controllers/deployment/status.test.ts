import { describe, expect, test } from "vitest";
import type { Deployment, DeploymentStatus } from "../../schema/shapes/apps.v1.ts";
import { aDeployment, aSet, observed, type DeploymentParts } from "./fixtures.ts";
import type { Observed } from "./observe.ts";
import { scaleAnnotations } from "./revisions.ts";
import { checkAgainInMs, sameStatus, statusOf } from "./status.ts";

const startMs = Date.UTC(2026, 0, 1);
const time = (seconds: number): string => new Date(startMs + seconds * 1000).toISOString().replace(".000Z", "Z");

const rolling = (parts: DeploymentParts = {}): Deployment =>
  aDeployment({ replicas: 4, progressDeadlineSeconds: 60, generation: 7, ...parts });

interface Numbers {
  readonly old?: number;
  readonly updated?: number;
  readonly available?: number;
}

function world(deployment: Deployment, { old = 0, updated = 0, available = 0 }: Numbers): Observed {
  const annotations = scaleAnnotations(deployment);
  return observed(
    deployment,
    aSet("web-old", { replicas: old, available: old, annotations, status: { terminatingReplicas: 1 } }),
    aSet("web-new", { image: "v2", created: 5, replicas: updated, available, annotations, status: { terminatingReplicas: 0 } }),
  );
}

/** The condition as `Type=Status Reason message`. */
const told = (status: DeploymentStatus, type: string): string | undefined => {
  const condition = status.conditions?.find((each) => each.type === type);
  return condition === undefined ? undefined : `${condition.status} ${condition.reason}: ${condition.message}`;
};

describe("status of a Deployment: counters", () => {
  test("add up over ReplicaSets; zeros are left out", () => {
    const status = statusOf(world(rolling(), { old: 3, updated: 2, available: 1 }), false, startMs);
    expect(status).toMatchObject({
      observedGeneration: 7,
      replicas: 5,
      updatedReplicas: 2,
      readyReplicas: 4,
      availableReplicas: 4,
      unavailableReplicas: 1,
      terminatingReplicas: 1,
    });
    const empty = statusOf(observed(rolling({ replicas: 0 })), false, startMs);
    expect(Object.keys(JSON.parse(JSON.stringify(empty)) as object).sort()).toEqual([
      "conditions",
      "observedGeneration",
      "terminatingReplicas",
    ]);
  });

  test("terminating replicas are unknown until every ReplicaSet has said", () => {
    const set = aSet("web-new", { image: "v2", replicas: 4 });
    expect(statusOf(observed(rolling(), set), false, startMs).terminatingReplicas).toBeUndefined();
  });
});

describe("status of a Deployment: Available", () => {
  test.each<[number, string]>([
    [3, "True MinimumReplicasAvailable: Deployment has minimum availability."],
    [2, "False MinimumReplicasUnavailable: Deployment does not have minimum availability."],
  ])("%i of 4 with one that may be missing", (available, expected) => {
    expect(told(statusOf(world(rolling(), { updated: 4, available }), false, startMs), "Available")).toBe(expected);
  });
});

describe("status of a Deployment: Progressing", () => {
  const numbers = { replicas: 4, updatedReplicas: 4, readyReplicas: 4, availableReplicas: 4 };
  /** A rollout of the old template that is over. */
  const settled: DeploymentStatus = {
    ...numbers,
    conditions: [
      { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable", lastUpdateTime: time(-50), lastTransitionTime: time(-99) },
    ],
  };

  /** The status after each of the worlds, one minute/10 apart. */
  function story(parts: DeploymentParts, ...steps: (Numbers & { created?: boolean; at: number; paused?: boolean })[]): DeploymentStatus[] {
    const statuses: DeploymentStatus[] = [];
    let status: DeploymentStatus = parts.status ?? settled;
    for (const { created = false, at, paused, ...numbers } of steps) {
      const deployment = rolling({ ...parts, status, ...(paused === undefined ? {} : { paused }) });
      status = statusOf(world(deployment, numbers), created, startMs + at * 1000);
      statuses.push(status);
    }
    return statuses;
  }

  test("from made over progressing to available, and quiet afterwards", () => {
    const statuses = story(
      {},
      { at: 0, old: 4, created: true },
      { at: 5, old: 4, updated: 1 },
      { at: 9, old: 3, updated: 2, available: 1 },
      { at: 20, updated: 4, available: 4 },
      { at: 500, updated: 4, available: 2 },
    );
    expect(statuses.map((status) => told(status, "Progressing"))).toEqual([
      'True NewReplicaSetCreated: Created new replica set "web-new"',
      'True ReplicaSetUpdated: ReplicaSet "web-new" is progressing.',
      'True ReplicaSetUpdated: ReplicaSet "web-new" is progressing.',
      'True NewReplicaSetAvailable: ReplicaSet "web-new" has successfully progressed.',
      'True NewReplicaSetAvailable: ReplicaSet "web-new" has successfully progressed.',
    ]);
    const times = statuses.map((status) => status.conditions?.find((each) => each.type === "Progressing"));
    expect(times.map((condition) => condition?.lastUpdateTime)).toEqual([time(0), time(5), time(9), time(20), time(20)]);
    expect(times.map((condition) => condition?.lastTransitionTime)).toEqual(Array.from({ length: 5 }, () => time(-99)));
  });

  test("a found ReplicaSet is said to be found, where nothing is said yet", () => {
    expect(told(story({ status: numbers }, { at: 0, old: 4 })[0] ?? {}, "Progressing")).toBe(
      'True FoundNewReplicaSet: Found new replica set "web-new"',
    );
  });

  test("no progress for longer than the deadline, and progress after all", () => {
    const statuses = story(
      {},
      { at: 0, old: 4, created: true },
      { at: 10, old: 3, updated: 2 },
      { at: 70, old: 3, updated: 2 },
      { at: 71, old: 3, updated: 2 },
      { at: 300, old: 3, updated: 2 },
      { at: 400, old: 3, updated: 2, available: 1 },
    );
    expect(statuses.map((status) => told(status, "Progressing")?.split(":")[0])).toEqual([
      "True NewReplicaSetCreated",
      "True ReplicaSetUpdated",
      "True ReplicaSetUpdated",
      "False ProgressDeadlineExceeded",
      "False ProgressDeadlineExceeded",
      "True ReplicaSetUpdated",
    ]);
    expect(told(statuses[3] ?? {}, "Progressing")).toContain('ReplicaSet "web-new" has timed out progressing.');
    expect(statuses.map((status, i) => checkAgainInMs(rolling(), status, startMs + ([0, 10, 70, 71, 300, 400][i] ?? 0) * 1000))).toEqual([
      60_001,
      60_001,
      1,
      undefined,
      undefined,
      60_001,
    ]);
  });

  test("a pause stops the clock, resuming starts it anew", () => {
    const statuses = story(
      {},
      { at: 0, old: 4, created: true },
      { at: 30, old: 4, updated: 1, paused: true },
      { at: 3000, old: 4, updated: 1, paused: true },
      { at: 3030, old: 4, updated: 1, paused: false },
      { at: 3080, old: 4, updated: 1, paused: false },
    );
    expect(statuses.map((status) => told(status, "Progressing"))).toEqual([
      'True NewReplicaSetCreated: Created new replica set "web-new"',
      "Unknown DeploymentPaused: Deployment is paused",
      "Unknown DeploymentPaused: Deployment is paused",
      "Unknown DeploymentResumed: Deployment is resumed",
      "Unknown DeploymentResumed: Deployment is resumed",
    ]);
  });

  test("without a deadline nothing is said about progress", () => {
    const status = story({ progressDeadlineSeconds: 2_147_483_647 }, { at: 0, old: 4, created: true })[0] ?? {};
    expect(told(status, "Progressing")).toBeUndefined();
  });

  test("while it scales, progress isn't judged", () => {
    const before = rolling({ replicas: 4 });
    const scaled = rolling({ replicas: 8, status: statusOf(world(before, { updated: 4, available: 4 }), false, startMs) });
    const set = aSet("web-new", { image: "v2", replicas: 4, available: 4, annotations: scaleAnnotations(before) });
    expect(told(statusOf(observed(scaled, set), false, startMs + 1000), "Progressing")).toContain("NewReplicaSetAvailable");
  });
});

describe("status of a Deployment: ReplicaFailure", () => {
  test("is the current ReplicaSet's, and goes with it", () => {
    const condition = {
      type: "ReplicaFailure",
      status: "True",
      reason: "FailedCreate",
      message: "exceeded quota",
      lastTransitionTime: time(3),
    };
    const failing = aSet("web-new", { image: "v2", replicas: 4, status: { conditions: [condition] } });
    const status = statusOf(observed(rolling(), failing), false, startMs);
    expect(told(status, "ReplicaFailure")).toBe("True FailedCreate: exceeded quota");
    const after = statusOf(observed(rolling({ status }), aSet("web-new", { image: "v2", replicas: 4 })), false, startMs);
    expect(told(after, "ReplicaFailure")).toBeUndefined();
    expect(sameStatus(status, after)).toBe(false);
  });
});

test("an unchanged world gives the same status", () => {
  const first = statusOf(world(rolling(), { old: 3, updated: 2 }), false, startMs);
  const second = statusOf(world(rolling({ status: first }), { old: 3, updated: 2 }), false, startMs + 5000);
  expect(sameStatus(first, second)).toBe(true);
});
