import { describe, expect, test } from "vitest";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { silentLog } from "../../base/log.ts";
import type { ContainerState, ContainerStatus, Pod, PodSpec, PodStatus } from "../../schema/shapes/core.v1.ts";
import { aPod } from "../../testing/objects.ts";
import { PodApi } from "../../testing/podApi.ts";
import { virtualClock } from "../../testing/virtualClock.ts";
import { Gate } from "../gate.ts";
import { Timers } from "../timers.ts";
import { podConditions } from "./conditions.ts";
import { phaseOf } from "./phase.ts";
import { statusPatch } from "./statusPatch.ts";
import { StatusWriter } from "./statusWriter.ts";

const states: Record<string, { state: ContainerState; lastState?: ContainerState }> = {
  waiting: { state: { waiting: { reason: "ContainerCreating" } } },
  running: { state: { running: {} } },
  working: { state: { running: {} } },
  done: { state: { terminated: { exitCode: 0 } } },
  failed: { state: { terminated: { exitCode: 1 } } },
  crashing: { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: { exitCode: 1 } } },
};
const statusOf = (name: string, is: string, ready = is === "running"): ContainerStatus => ({
  name,
  ready,
  started: is === "running",
  restartCount: 0,
  image: "",
  imageID: "",
  ...states[is],
});
const podWith = (spec: Partial<PodSpec>): Pod => aPod("web", { spec: { containers: [{ name: "a" }], ...spec } });
const byName = (all: Record<string, string>): Map<string, ContainerStatus> =>
  new Map(Object.entries(all).map(([name, is]) => [name, statusOf(name, is)]));

test.each<[string, Partial<PodSpec>, Record<string, string>, boolean, string]>([
  ["nothing yet", {}, { a: "waiting" }, false, "Pending"],
  ["running", {}, { a: "running" }, false, "Running"],
  ["one of two not up yet", { containers: [{ name: "a" }, { name: "b" }] }, { a: "running", b: "waiting" }, false, "Pending"],
  ["crashing", {}, { a: "crashing" }, false, "Running"],
  ["restarting", {}, { a: "failed" }, false, "Running"],
  ["done for good", { restartPolicy: "Never" }, { a: "done" }, false, "Succeeded"],
  ["failed for good", { restartPolicy: "Never" }, { a: "failed" }, false, "Failed"],
  ["failed, tried again", { restartPolicy: "OnFailure" }, { a: "failed" }, false, "Running"],
  ["initialising", { initContainers: [{ name: "i" }] }, { i: "working", a: "waiting" }, false, "Pending"],
  ["init failed", { restartPolicy: "Never", initContainers: [{ name: "i" }] }, { i: "failed", a: "waiting" }, false, "Failed"],
  [
    "sidecar alone",
    { restartPolicy: "Never", initContainers: [{ name: "s", restartPolicy: "Always" }] },
    { s: "running", a: "done" },
    false,
    "Running",
  ],
  ["stopped well", {}, { a: "done" }, true, "Succeeded"],
  ["stopped badly", {}, { a: "failed" }, true, "Failed"],
  ["stopped before it began", {}, { a: "waiting" }, true, "Failed"],
])("phase: %s", (...[, spec, all, over, wanted]) => {
  expect(phaseOf(podWith(spec), byName(all), over)).toBe(wanted);
});

const key = { namespace: "default", name: "web" };
const shown = (pod: Pod, statuses: Map<string, ContainerStatus>, phase: "Running" | "Succeeded" | "Failed" | "Pending"): string[] =>
  podConditions(pod, [], { phase, statuses, sandboxReady: true, generation: 3 }).map((condition) =>
    `${condition.type}=${condition.status} ${condition.reason ?? ""} ${condition.message ?? ""}`.trim(),
  );
async function begin(): Promise<{
  clock: ReturnType<typeof virtualClock>;
  api: PodApi;
  writer: StatusWriter;
  writes: () => PodStatus[];
}> {
  const clock = virtualClock();
  const api = new PodApi(clock);
  const pod = await api.create(podKind, { ...podWith({}), status: {} });
  const deps = { client: api, timers: new Timers(clock), log: silentLog, statusWrites: new Gate(4) };
  const writes = (): PodStatus[] =>
    api.calls.filter((call) => call.verb.startsWith("patch")).map((call) => (call.body as { status: PodStatus }).status);
  return { clock, api, writer: new StatusWriter(deps, pod), writes };
}
const up = (ready: boolean, podIP?: string): PodStatus => ({
  phase: "Running",
  podIP,
  containerStatuses: [statusOf("a", "running", ready)],
  conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
});

describe("conditions", () => {
  test.each<[string, Partial<PodSpec>, Record<string, string>, "Running" | "Succeeded" | "Failed" | "Pending", string[]]>([
    ["all up", {}, { a: "running" }, "Running", ["Initialized=True", "Ready=True", "ContainersReady=True"]],
    [
      "not up",
      { containers: [{ name: "a" }, { name: "b" }] },
      { a: "waiting", b: "waiting" },
      "Pending",
      [
        "Initialized=True",
        "Ready=False ContainersNotReady containers with unready status: [a b]",
        "ContainersReady=False ContainersNotReady containers with unready status: [a b]",
      ],
    ],
    [
      "over",
      {},
      { a: "done" },
      "Succeeded",
      ["Initialized=True PodCompleted", "Ready=False PodCompleted", "ContainersReady=False PodCompleted"],
    ],
    ["failed", {}, { a: "failed" }, "Failed", ["Initialized=True", "Ready=False PodFailed", "ContainersReady=False PodFailed"]],
    [
      "initialising",
      { initContainers: [{ name: "i" }] },
      { i: "working", a: "waiting" },
      "Pending",
      [
        "Initialized=False ContainersNotInitialized containers with incomplete status: [i]",
        "Ready=False ContainersNotReady containers with unready status: [a]",
        "ContainersReady=False ContainersNotReady containers with unready status: [a]",
      ],
    ],
  ])("%s", (...[, spec, all, phase, wanted]) => {
    const [first, ...rest] = shown(podWith(spec), byName(all), phase);
    expect(first).toBe("PodReadyToStartContainers=True");
    expect(rest).toEqual([...wanted, "PodScheduled=True"]);
  });
});

describe("the patch", () => {
  const pod = podWith({});
  const base: PodStatus = {
    phase: "Running",
    podIP: "1.1.1.1",
    podIPs: [{ ip: "1.1.1.1" }],
    conditions: [{ type: "Ready", status: "True" }],
  };
  test.each<[string, PodStatus | undefined, PodStatus, unknown]>([
    ["nothing new", base, { ...base }, undefined],
    [
      "what the server left out is no difference",
      { ...base, containerStatuses: [statusOf("a", "running")] },
      { ...base, containerStatuses: [{ ...statusOf("a", "running"), lastState: {} }] },
      undefined,
    ],
    ["one field", base, { ...base, phase: "Failed" }, { phase: "Failed" }],
    ["what is gone is cleared", { ...base, message: "old" }, base, { message: null }],
    [
      "a condition clears its old reason",
      { conditions: [{ type: "Ready", status: "False", reason: "X", message: "y" }] },
      { conditions: [{ type: "Ready", status: "True" }] },
      { conditions: [{ type: "Ready", status: "True", reason: null, message: null }] },
    ],
    ["an address is replaced", base, { ...base, podIPs: [{ ip: "2.2.2.2" }] }, { podIPs: [{ ip: "2.2.2.2" }, { $patch: "replace" }] }],
    ["a time alone is no news", base, { ...base, conditions: [{ type: "Ready", status: "True", lastTransitionTime: "x" }] }, undefined],
  ])("%s", (_title, known, next, wanted) => {
    const patch = statusPatch(pod, known, next) as { status: unknown; metadata: unknown } | undefined;
    expect(patch?.status).toEqual(wanted);
    expect(patch?.metadata).toEqual(wanted === undefined ? undefined : { uid: "uid-web" });
  });
});

describe("the writer", () => {
  test("steps wait for company, readiness is told at once", async () => {
    const { clock, writer, writes } = await begin();
    writer.write(up(false));
    await clock.advance(20);
    expect(writes()).toHaveLength(0);
    await clock.advance(10);
    expect(writes()).toHaveLength(1);
    writer.write(up(false, "1.1.1.1"));
    await clock.advance(20);
    expect(writes()).toHaveLength(1);
    writer.write(up(true, "1.1.1.1"));
    await clock.settle();
    expect(writes()).toHaveLength(2);
    expect(writes()[1]).toMatchObject({ podIP: "1.1.1.1", conditions: [{ status: "True" }] });
    writer.write(up(true, "1.1.1.1"));
    writer.write(up(true, "1.1.1.2"));
    await clock.advance(30);
    expect(writes()).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  test("what others overwrite is written again", async () => {
    const { clock, api, writer, writes } = await begin();
    writer.write(up(true));
    await clock.settle();
    await api.patch(podKind, key, "merge", { status: { phase: "Pending" } }, "status");
    const changed = api.peek(podKind, key);
    expect(changed?.status?.phase).toBe("Pending");
    expect(changed !== undefined && writer.observe(changed)).toBe(true);
    writer.write(up(true));
    await clock.advance(30);
    expect(api.peek(podKind, key)?.status?.phase).toBe("Running");
    expect(writes().at(-1)).toEqual({ phase: "Running" });
  });

  test("ends when the pod is gone", async () => {
    const { clock, api, writer, writes } = await begin();
    await api.delete(podKind, key, { gracePeriodSeconds: 0 });
    writer.write(up(true));
    await clock.settle();
    writer.write(up(false));
    await clock.advance(60_000);
    expect(writes()).toHaveLength(1);
    await writer.flushed();
  });
});
