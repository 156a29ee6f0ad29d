/** The plan as a table: what is known of a pod, and what is to be done. */
import { describe, expect, test } from "vitest";
import type { Container, Pod, PodSpec } from "../../schema/shapes/core.v1.ts";
import { aPod } from "../../testing/objects.ts";
import type { ContainerStatus, SandboxStatus } from "../ports/runtime.ts";
import { sandboxConfig } from "../pod/sandboxConfig.ts";
import type { Action } from "./action.ts";
import { plan } from "./plan.ts";
import { newPodRecord, recordOf, type ContainerRecord, type PodRecord, type Stopping, type Task } from "./record.ts";

const nowMs = 1_000_000;
const dns = { clusterDns: "", clusterDomain: "cluster.local", host: { servers: [], searches: [], options: [] } };
const c = (name: string, parts: Partial<Container> = {}): Container => ({ name, image: `${name}:1`, ...parts });
const sidecar = (name: string): Container => c(name, { restartPolicy: "Always" });

interface Scene {
  readonly spec?: Partial<PodSpec>;
  readonly deleted?: boolean;
  readonly sandbox?: "ready" | "notReady" | "none";
  readonly volumes?: boolean;
  readonly busy?: readonly Task[];
  readonly stopping?: Partial<Stopping>;
  readonly tornDown?: boolean;
  /** By name: `running`, `exited CODE AGO_MS`, and what else differs. */
  readonly containers?: Readonly<Record<string, string | (Partial<ContainerRecord> & { is?: string })>>;
}

function attempt(name: string, is: string): ContainerStatus {
  const [state = "", exitCode = "0", agoMs = "0"] = is.split(" ");
  return {
    id: `id-${name}`,
    sandboxId: "s1",
    name,
    attempt: 0,
    image: "",
    imageRef: "",
    state: state === "running" ? "running" : "exited",
    createdAtMs: 0,
    startedAtMs: 0,
    finishedAtMs: nowMs - Number(agoMs),
    exitCode: Number(exitCode),
    signal: 0,
    reason: "",
    message: "",
  };
}

function planned(scene: Scene): string[] {
  const pod: Pod = aPod("web", { spec: { containers: [c("main")], ...scene.spec } });
  if (scene.deleted === true) pod.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  const record: PodRecord = newPodRecord(nowMs - 60_000);
  const sandbox: SandboxStatus = { id: "s1", config: sandboxConfig(pod, 0, "n", dns), state: "ready", ip: "", createdAtMs: 0 };
  if (scene.sandbox !== "none") record.sandbox = { ...sandbox, state: scene.sandbox ?? "ready" };
  record.volumesReady = scene.volumes ?? true;
  for (const task of scene.busy ?? []) record.busy.add(task);
  for (const [name, told] of Object.entries(scene.containers ?? {})) {
    const own = recordOf(pod, record, name);
    const { is, ...parts } = typeof told === "string" ? { is: told } : told;
    Object.assign(own, { started: true }, parts);
    if (is !== undefined) own.current = attempt(name, is);
  }
  if (scene.stopping !== undefined) record.stopping = { cause: "deleted", graceUntilMs: nowMs + 30_000, ...scene.stopping };
  record.tornDown = scene.tornDown === true;
  return plan(pod, record, nowMs).map(shown);
}

function shown(action: Action): string {
  switch (action.type) {
    case "wake":
      return `wake +${action.atMs - nowMs}`;
    case "crashLoop":
      return `crashLoop ${action.name} +${action.untilMs - nowMs}`;
    case "stop":
      return `stop ${action.name} ${action.why}`;
    case "start":
    case "pullBackOff":
      return `${action.type} ${action.name}`;
    case "fail":
      return `fail ${action.reason}`;
    default:
      return action.type;
  }
}

const two = { containers: [c("a"), c("b")] };
const withInit = { initContainers: [c("i1"), c("i2")], containers: [c("main")] };
const withSidecar = { initContainers: [sidecar("proxy")], containers: [c("main")] };

describe("starting", () => {
  test.each<[string, Scene, string[]]>([
    ["volumes and sandbox side by side", { sandbox: "none", volumes: false }, ["setUpVolumes", "createSandbox"]],
    ["nothing twice", { sandbox: "none", volumes: false, busy: ["volumes", "sandbox"] }, []],
    ["no container before the volumes", { volumes: false, busy: ["volumes"] }, []],
    ["a sandbox that died is replaced", { sandbox: "notReady", containers: { main: "exited 137 0" } }, ["createSandbox"]],
    ["one container at a time", { spec: two }, ["start a"]],
    ["the next while the first runs", { spec: two, containers: { a: "running" } }, ["start b"]],
    ["not while another is being started", { spec: two, busy: ["start"] }, []],
    [
      "a failed start doesn't hold up the others",
      { spec: two, containers: { a: { retry: { delayMs: 1, atMs: nowMs + 500 } } } },
      ["wake +500", "start b"],
    ],
    ["all is well", { containers: { main: "running" } }, []],
    [
      "ephemeral containers beside the rest",
      { spec: { ephemeralContainers: [c("debug")] }, containers: { main: "running" } },
      ["start debug"],
    ],
    [
      "never again once they ended",
      { spec: { ephemeralContainers: [c("debug")] }, containers: { main: "running", debug: "exited 0" } },
      [],
    ],
  ])("%s", (_title, scene, wanted) => {
    expect(planned(scene)).toEqual(wanted);
  });
});

describe("init containers", () => {
  test.each<[string, Scene, string[]]>([
    ["the first one first", { spec: withInit }, ["start i1"]],
    ["the next waits for it", { spec: withInit, containers: { i1: "running" } }, []],
    ["then the second", { spec: withInit, containers: { i1: "exited 0" } }, ["start i2"]],
    ["then the rest", { spec: withInit, containers: { i1: "exited 0", i2: "exited 0" } }, ["start main"]],
    ["a failed one is tried again", { spec: withInit, containers: { i1: "exited 1" } }, ["start i1"]],
    ["or fails the pod", { spec: { ...withInit, restartPolicy: "Never" }, containers: { i1: "exited 1" } }, ["finish"]],
    [
      "not again once the pod has begun",
      { spec: withInit, containers: { i1: "exited 0", i2: "exited 0", main: "exited 1" } },
      ["start main"],
    ],
    [
      "again in a new sandbox",
      { spec: withInit, sandbox: "ready", containers: { i1: { current: { ...attempt("i1", "exited 0"), sandboxId: "s0" } } } },
      ["start i1"],
    ],
    [
      "a sidecar holds up the rest until it has started",
      { spec: withSidecar, containers: { proxy: { is: "running", started: false } } },
      [],
    ],
    ["then goes on beside it", { spec: withSidecar, containers: { proxy: "running" } }, ["start main"]],
    ["comes back when it ended", { spec: withSidecar, containers: { proxy: "exited 0", main: "running" } }, ["start proxy"]],
  ])("%s", (_title, scene, wanted) => {
    expect(planned(scene)).toEqual(wanted);
  });
});

describe("ends and back-off", () => {
  const crashes = { delayMs: 20_000, updatedAtMs: nowMs - 10_000 };
  test.each<[string, Scene, string[]]>([
    ["the first end is followed by a start at once", { containers: { main: "exited 1" } }, ["start main"]],
    ["later ones wait", { containers: { main: { is: "exited 1 5000", crashes } } }, ["crashLoop main +15000"]],
    [
      "and are said once",
      { containers: { main: { is: "exited 1 5000", crashes, waiting: { reason: "CrashLoopBackOff", message: "", sinceMs: 0 } } } },
      ["wake +15000"],
    ],
    ["until the wait is over", { containers: { main: { is: "exited 1 20000", crashes } } }, ["start main"]],
    [
      "ten quiet minutes forgive",
      { containers: { main: { is: "exited 1", crashes: { ...crashes, updatedAtMs: nowMs - 700_000 } } } },
      ["start main"],
    ],
    ["Never: over", { spec: { restartPolicy: "Never" }, containers: { main: "exited 1" } }, ["finish"]],
    ["OnFailure and success: over", { spec: { restartPolicy: "OnFailure" }, containers: { main: "exited 0" } }, ["finish"]],
    ["over only when all are", { spec: { ...two, restartPolicy: "Never" }, containers: { a: "exited 0", b: "running" } }, []],
    [
      "ErrImagePull is shown for three seconds",
      {
        containers: {
          main: { retry: { delayMs: 1, atMs: nowMs + 9000 }, waiting: { reason: "ErrImagePull", message: "", sinceMs: nowMs - 1000 } },
        },
      },
      ["wake +2000"],
    ],
    [
      "then it is a back-off",
      {
        containers: {
          main: { retry: { delayMs: 1, atMs: nowMs + 7000 }, waiting: { reason: "ErrImagePull", message: "", sinceMs: nowMs - 3000 } },
        },
      },
      ["pullBackOff main"],
    ],
    ["a deadline wakes", { spec: { activeDeadlineSeconds: 70 }, containers: { main: "running" } }, ["wake +10000"]],
    ["and fails the pod", { spec: { activeDeadlineSeconds: 60 }, containers: { main: "running" } }, ["fail DeadlineExceeded"]],
    ["an unhealthy container is stopped", { containers: { main: { is: "running", unhealthy: "liveness" } } }, ["stop main liveness"]],
    ["once", { containers: { main: { is: "running", unhealthy: "liveness" } }, busy: ["stop main"] }, []],
    ["and one whose image was changed", { containers: { main: { is: "running", image: "main:0" } } }, ["stop main definition"]],
  ])("%s", (_title, scene, wanted) => {
    expect(planned(scene)).toEqual(wanted);
  });
});

describe("stopping", () => {
  const running = { proxy: "running", main: "running" };
  test.each<[string, Scene, string[]]>([
    [
      "all main containers together",
      { spec: two, stopping: {}, containers: { a: "running", b: "running" } },
      ["stop a podStopping", "stop b podStopping"],
    ],
    ["sidecars wait for them", { spec: withSidecar, stopping: {}, containers: running }, ["stop main podStopping", "wake +30000"]],
    [
      "but not longer than the grace",
      { spec: withSidecar, stopping: { graceUntilMs: nowMs }, containers: running, busy: ["stop main"] },
      ["stop proxy podStopping"],
    ],
    [
      "then come in reverse order",
      { spec: { initContainers: [sidecar("s1"), sidecar("s2")] }, stopping: {}, containers: { s1: "running", s2: "running" } },
      ["stop s2 podStopping"],
    ],
    ["then the sandbox goes", { stopping: {}, containers: { main: "exited 0" } }, ["tearDown"]],
    ["when nothing is under way any more", { stopping: {}, busy: ["start"] }, []],
    ["then the object", { stopping: {}, tornDown: true }, ["release"]],
    ["which stays when nobody asked", { stopping: { cause: "finished" }, tornDown: true }, []],
    ["until somebody does", { stopping: { cause: "finished" }, tornDown: true, deleted: true }, ["release"]],
    ["nothing is started any more", { stopping: {}, sandbox: "none", volumes: false, busy: ["volumes"] }, []],
  ])("%s", (_title, scene, wanted) => {
    expect(planned(scene)).toEqual(wanted);
  });
});
