import { describe, expect, test } from "vitest";
import type { Unstructured } from "../resources/unstructured.ts";
import { groupKind, type RolloutState, rolloutState } from "./rolloutStatus.ts";

interface Facts {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

/** Generation 2, seen by its controller. */
function workload(kind: string, { metadata = {}, spec = {}, status = {} }: Facts): Unstructured {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "web", generation: 2, ...metadata },
    spec: { updateStrategy: { type: "RollingUpdate" }, ...spec },
    status: { observedGeneration: 2, ...status },
  };
}

const state = (kind: string, facts: Facts, revision = 0): RolloutState => rolloutState(workload(kind, facts), revision);

describe("Deployment", () => {
  const spec = { replicas: 3 };
  const head = 'Waiting for deployment "web" rollout to finish:';

  test.each([
    [{ observedGeneration: 1 }, "Waiting for deployment spec update to be observed..."],
    [{ updatedReplicas: 1, replicas: 3, availableReplicas: 3 }, `${head} 1 out of 3 new replicas have been updated...`],
    [{ updatedReplicas: 3, replicas: 4, availableReplicas: 3 }, `${head} 1 old replicas are pending termination...`],
    [{ updatedReplicas: 3, replicas: 3, availableReplicas: 2 }, `${head} 2 of 3 updated replicas are available...`],
  ])("%j is still on its way", (status, text) => {
    expect(state("Deployment", { spec, status })).toEqual({ text: `${text}\n`, done: false });
  });

  test("done once all are new and available", () => {
    const status = { updatedReplicas: 3, replicas: 3, availableReplicas: 3 };
    expect(state("Deployment", { spec, status })).toEqual({ text: 'deployment "web" successfully rolled out\n', done: true });
  });

  test("fails where its deadline passed, but only once the spec has been seen", () => {
    const conditions = [{ type: "Progressing", reason: "ProgressDeadlineExceeded" }];
    expect(() => state("Deployment", { spec, status: { conditions } })).toThrow('deployment "web" exceeded its progress deadline');
    expect(state("Deployment", { spec, status: { conditions, observedGeneration: 1 } }).done).toBe(false);
  });

  test("another revision than the one asked for", () => {
    const metadata = { annotations: { "deployment.kubernetes.io/revision": "4" } };
    expect(() => state("Deployment", { metadata, spec }, 3)).toThrow("desired revision (3) is different from the running revision (4)");
    expect(state("Deployment", { metadata, spec }, 4).done).toBe(false);
  });
});

describe("DaemonSet", () => {
  const head = 'Waiting for daemon set "web" rollout to finish:';

  test.each([
    [{ observedGeneration: 1 }, "Waiting for daemon set spec update to be observed...\n", false],
    [{ updatedNumberScheduled: 1, desiredNumberScheduled: 2 }, `${head} 1 out of 2 new pods have been updated...\n`, false],
    [{ updatedNumberScheduled: 2, desiredNumberScheduled: 2, numberAvailable: 1 }, `${head} 1 of 2 updated pods are available...\n`, false],
    [{ updatedNumberScheduled: 2, desiredNumberScheduled: 2, numberAvailable: 2 }, 'daemon set "web" successfully rolled out\n', true],
  ])("%j", (status, text, done) => {
    expect(state("DaemonSet", { status })).toEqual({ text, done });
  });
});

describe("StatefulSet", () => {
  const spec = { replicas: 3 };
  const partitioned = { replicas: 3, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } };

  test.each([
    [spec, { observedGeneration: 0 }, "Waiting for statefulset spec update to be observed...\n", false],
    [spec, { readyReplicas: 1 }, "Waiting for 2 pods to be ready...\n", false],
    [
      spec,
      { readyReplicas: 3, updatedReplicas: 1, updateRevision: "b", currentRevision: "a" },
      "waiting for statefulset rolling update to complete 1 pods at revision b...\n",
      false,
    ],
    [
      spec,
      { readyReplicas: 3, currentReplicas: 3, updateRevision: "b", currentRevision: "b" },
      "statefulset rolling update complete 3 pods at revision b...\n",
      true,
    ],
    [
      partitioned,
      { readyReplicas: 3, updatedReplicas: 1 },
      "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...\n",
      false,
    ],
    [partitioned, { readyReplicas: 3, updatedReplicas: 2 }, "partitioned roll out complete: 2 new pods have been updated...\n", true],
  ])("%j %j", (given, status, text, done) => {
    expect(state("StatefulSet", { spec: given, status })).toEqual({ text, done });
  });
});

test.each(["DaemonSet", "StatefulSet"])("a %s that isn't updated by itself has no status", (kind) => {
  const spec = { updateStrategy: { type: "OnDelete" } };
  expect(() => state(kind, { spec })).toThrow("rollout status is only available for RollingUpdate strategy type");
});

test("other kinds have none", () => {
  const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "x" } };
  expect(() => rolloutState(job, 0)).toThrow("no status viewer has been implemented for Job.batch");
  expect(groupKind({ apiVersion: "v1", kind: "Pod", metadata: { name: "x" } })).toBe("Pod");
});
