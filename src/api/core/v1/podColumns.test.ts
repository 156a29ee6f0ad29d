import { describe, expect, it } from "vitest";
import type { ContainerState, ContainerStatus, Pod, PodSpec, PodStatus } from "../../../schema/shapes/core.v1.ts";
import { rowOf } from "../../../testing/kindCases.ts";
import { pod } from "./pod.ts";

const now = "2026-01-01T01:00:00Z";

function aStatus(name: string, state: ContainerState, parts: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, state, ready: false, restartCount: 0, image: "", imageID: "", ...parts };
}

function aPodLike(status: PodStatus, spec: Partial<PodSpec> = {}, deleted = false): Pod {
  return {
    metadata: { name: "web", creationTimestamp: "2026-01-01T00:00:00Z", ...(deleted ? { deletionTimestamp: now } : {}) },
    spec: { containers: [{ name: "a" }, { name: "b" }], ...spec },
    status,
  };
}

const running: ContainerState = { running: { startedAt: now } };
const completed: ContainerState = { terminated: { exitCode: 0, reason: "Completed" } };
const ready = [{ type: "Ready", status: "True" }];
const initContainers = [{ name: "i1" }, { name: "i2" }];
const twoReady = [aStatus("a", running, { ready: true }), aStatus("b", running, { ready: true })];

describe("ready, status and restarts", () => {
  it.each<[string, Pod, [ready: string, status: string, restarts: string]]>([
    ["nothing known yet", aPodLike({ phase: "Pending" }), ["0/2", "Pending", "0"]],
    ["running", aPodLike({ phase: "Running", containerStatuses: twoReady }), ["2/2", "Running", "0"]],
    [
      "half ready",
      aPodLike({ phase: "Running", containerStatuses: [aStatus("a", running, { ready: true }), aStatus("b", running)] }),
      ["1/2", "Running", "0"],
    ],
    [
      "an image that can't be had",
      aPodLike({ phase: "Pending", containerStatuses: [aStatus("a", { waiting: { reason: "ImagePullBackOff" } })] }),
      ["0/2", "ImagePullBackOff", "0"],
    ],
    [
      "a crash loop, with the time of the last crash",
      aPodLike({
        phase: "Running",
        containerStatuses: [
          aStatus(
            "a",
            { waiting: { reason: "CrashLoopBackOff" } },
            {
              restartCount: 2,
              lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T00:55:00Z" } },
            },
          ),
        ],
      }),
      ["0/2", "CrashLoopBackOff", "2 (5m ago)"],
    ],
    ["all done", aPodLike({ phase: "Succeeded", containerStatuses: [aStatus("a", completed)] }), ["0/2", "Completed", "0"]],
    [
      "ended by a signal",
      aPodLike({ phase: "Failed", containerStatuses: [aStatus("a", { terminated: { exitCode: 137, signal: 9 } })] }),
      ["0/2", "Signal:9", "0"],
    ],
    [
      "ended by an exit code",
      aPodLike({ phase: "Failed", containerStatuses: [aStatus("a", { terminated: { exitCode: 3 } })] }),
      ["0/2", "ExitCode:3", "0"],
    ],
    [
      "one done, one serving",
      aPodLike({
        phase: "Running",
        conditions: ready,
        containerStatuses: [aStatus("a", completed), aStatus("b", running, { ready: true })],
      }),
      ["1/2", "Running", "0"],
    ],
    [
      "one done, the pod not ready",
      aPodLike({ phase: "Running", containerStatuses: [aStatus("a", completed), aStatus("b", running, { ready: true })] }),
      ["1/2", "NotReady", "0"],
    ],
    [
      "the first init container runs",
      aPodLike({ phase: "Pending", initContainerStatuses: [aStatus("i1", running)] }, { initContainers }),
      ["0/2", "Init:0/2", "0"],
    ],
    [
      "the second one waits",
      aPodLike(
        { phase: "Pending", initContainerStatuses: [aStatus("i1", completed), aStatus("i2", { waiting: { reason: "PodInitializing" } })] },
        { initContainers },
      ),
      ["0/2", "Init:1/2", "0"],
    ],
    [
      "an init container that fails again and again",
      aPodLike(
        {
          phase: "Pending",
          initContainerStatuses: [aStatus("i1", { waiting: { reason: "CrashLoopBackOff" } }, { restartCount: 3 })],
        },
        { initContainers },
      ),
      ["0/2", "Init:CrashLoopBackOff", "3"],
    ],
    [
      "an init container that has failed",
      aPodLike({ phase: "Failed", initContainerStatuses: [aStatus("i1", { terminated: { exitCode: 2 } })] }, { initContainers }),
      ["0/2", "Init:ExitCode:2", "0"],
    ],
    [
      "a sidecar counts among the ready",
      aPodLike(
        {
          phase: "Running",
          initContainerStatuses: [aStatus("i1", running, { ready: true, started: true })],
          containerStatuses: twoReady,
        },
        { initContainers: [{ name: "i1", restartPolicy: "Always" }] },
      ),
      ["3/3", "Running", "0"],
    ],
    ["on its way out", aPodLike({ phase: "Running", containerStatuses: twoReady }, {}, true), ["2/2", "Terminating", "0"]],
    ["its node gone", aPodLike({ phase: "Running", reason: "NodeLost" }, {}, true), ["0/2", "Unknown", "0"]],
    [
      "ended and deleted",
      aPodLike({ phase: "Succeeded", containerStatuses: [aStatus("a", completed)] }, {}, true),
      ["0/2", "Completed", "0"],
    ],
    ["evicted", aPodLike({ phase: "Failed", reason: "Evicted" }), ["0/2", "Evicted", "0"]],
    [
      "held back",
      aPodLike({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] }),
      ["0/2", "SchedulingGated", "0"],
    ],
  ])("%s", (_, object, [readyText, status, restarts]) => {
    expect(rowOf(pod, object, now)).toMatchObject({ Ready: readyText, Status: status, Restarts: restarts, Age: "60m" });
  });
});

it("shows where it is with -o wide", () => {
  const placed = aPodLike(
    { phase: "Running", podIP: "10.244.1.2", podIPs: [{ ip: "10.244.1.2" }], conditions: [{ type: "x/y", status: "True" }] },
    { nodeName: "n1", readinessGates: [{ conditionType: "x/y" }, { conditionType: "x/z" }] },
  );
  expect(rowOf(pod, placed, now)).toMatchObject({ IP: "10.244.1.2", Node: "n1", "Nominated Node": "<none>", "Readiness Gates": "1/2" });
  expect(rowOf(pod, aPodLike({}), now)).toMatchObject({ IP: "<none>", Node: "<none>", "Readiness Gates": "<none>" });
  expect(pod.columns.filter((column) => column.priority === 1).map((column) => column.name)).toEqual([
    "IP",
    "Node",
    "Nominated Node",
    "Readiness Gates",
  ]);
});
