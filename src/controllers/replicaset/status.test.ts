import { describe, expect, test } from "vitest";
import { rfc3339 } from "../../machinery/time.ts";
import type { ReplicaSet, ReplicaSetStatus } from "../../schema/shapes/apps.v1.ts";
import { aMeta, aPod, type PodParts } from "../../testing/objects.ts";
import { nextAvailabilityInMs, sameStatus, statusOf } from "./status.ts";

const nowMs = Date.UTC(2026, 0, 2);
const readyAgo = (seconds: number): PodParts => ({
  labels: { app: "web" },
  status: { conditions: [{ type: "Ready", status: "True", lastTransitionTime: rfc3339(nowMs - seconds * 1000) }] },
});

function aReplicaSet(minReadySeconds: number, status?: ReplicaSetStatus): ReplicaSet {
  return {
    metadata: { ...aMeta("web-1", { namespace: "default" }), generation: 3 },
    spec: {
      replicas: 3,
      minReadySeconds,
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [] } },
    },
    status,
  };
}

describe("status of a ReplicaSet", () => {
  test("counts what is alive, ready, available, fully labelled, and what is going", () => {
    const pods = [
      aPod("available", readyAgo(60)),
      aPod("ready", readyAgo(5)),
      aPod("starting", { ready: false, phase: "Pending" }),
      aPod("failed", { phase: "Failed" }),
      aPod("going", { deleted: "2026-01-01T00:00:00Z" }),
      aPod("gone-and-over", { deleted: "2026-01-01T00:00:00Z", phase: "Succeeded" }),
    ];
    expect(statusOf(aReplicaSet(30), pods, undefined, nowMs)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 3,
    });
    expect(nextAvailabilityInMs(aReplicaSet(30), pods, nowMs)).toBe(25_001);
    expect(nextAvailabilityInMs(aReplicaSet(0), pods, nowMs)).toBeUndefined();
  });

  test("zeros are left out, but not the number of replicas", () => {
    const status = statusOf(aReplicaSet(0), [], undefined, nowMs);
    expect(JSON.parse(JSON.stringify(status))).toEqual({ replicas: 0, terminatingReplicas: 0, observedGeneration: 3 });
  });

  test("a failure is kept as first told until it is over", () => {
    const failed = statusOf(aReplicaSet(0), [], { reason: "FailedCreate", message: "exceeded quota" }, nowMs);
    expect(failed.conditions).toEqual([
      {
        type: "ReplicaFailure",
        status: "True",
        reason: "FailedCreate",
        message: "exceeded quota",
        lastTransitionTime: "2026-01-02T00:00:00Z",
      },
    ]);
    const again = statusOf(aReplicaSet(0, failed), [], { reason: "FailedCreate", message: "another" }, nowMs + 5000);
    expect(again.conditions).toEqual(failed.conditions);
    expect(sameStatus(failed, again)).toBe(true);
    const over = statusOf(aReplicaSet(0, failed), [], undefined, nowMs);
    expect(over.conditions).toEqual([]);
    expect(sameStatus(failed, over)).toBe(false);
  });
});
