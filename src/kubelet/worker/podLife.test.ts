/** What a pod lives through on a simulated node, as the API and the events show it. */
import { afterEach, describe, expect, test } from "vitest";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { conditionTrue } from "../../machinery/conditions.ts";
import type { PodStatus } from "../../schema/shapes/core.v1.ts";
import { aSimulatedNode, type TestNode, type TestNodeOptions } from "../../testing/simulatedNode.ts";

let node: TestNode | undefined;
afterEach(async () => {
  await node?.[Symbol.asyncDispose]();
  const left = node?.clock.pendingTimers ?? 0;
  node = undefined;
  if (left > 0) throw new Error(`${left} timers were left behind`);
});
async function begin(options: TestNodeOptions = {}): Promise<TestNode> {
  node = await aSimulatedNode(options);
  return node;
}

const init = (name: string): { name: string; image: string } => ({ name, image: `${name}:1` });
const isReady = (status: PodStatus): boolean => conditionTrue(status.conditions, "Ready");
const waiting = (status: PodStatus): string | undefined => status.containerStatuses?.[0]?.state?.waiting?.reason;

describe("a pod that simply runs", () => {
  test("is Ready at once, in at most two status writes, with upstream's events", async () => {
    const it = await begin();
    await it.run("web");
    expect(await it.until("web", isReady)).toBeLessThanOrEqual(1);
    const status = it.status("web");
    expect(status).toMatchObject({
      phase: "Running",
      podIP: "10.244.1.2",
      hostIP: "192.168.0.1",
      qosClass: "BestEffort",
      observedGeneration: 1,
    });
    expect(status.conditions?.map((c) => `${c.type}=${c.status}`)).toEqual([
      "PodReadyToStartContainers=True",
      "Initialized=True",
      "Ready=True",
      "ContainersReady=True",
      "PodScheduled=True",
    ]);
    expect(status.containerStatuses?.[0]).toMatchObject({ ready: true, started: true, restartCount: 0, image: "main:1" });
    expect(status.containerStatuses?.[0]?.containerID).toMatch(/^coxswain-simulated:\/\//);
    expect(it.told("web")).toEqual([
      'Pulling: Pulling image "main:1"',
      'Pulled: Successfully pulled image "main:1" in 0s (0s including waiting). Image size: 10000000 bytes.',
      "Created: Container created",
      "Started: Container started",
    ]);
    expect(it.events.find((e) => e.reason === "Started")?.on).toBe("Pod/web spec.containers{main}");
    const writes = it.api.calls.filter((call) => call.plural === "pods" && call.verb.startsWith("patch"));
    expect(writes.length).toBeLessThanOrEqual(2);
  });

  test("says that an image is there already", async () => {
    const it = await begin();
    await it.run("one");
    await it.until("one", isReady);
    await it.run("two");
    await it.until("two", isReady);
    expect(it.told("two")[0]).toBe('Pulled: Container image "main:1" already present on machine and can be accessed by the pod');
    expect(it.status("two").podIP).toBe("10.244.1.3");
  });

  test("is quiet once it runs: no write in ten minutes", async () => {
    const it = await begin();
    await it.run("web", { container: { readinessProbe: { httpGet: { path: "/", port: 80 }, periodSeconds: 1 } } });
    await it.until("web", isReady);
    const before = it.api.calls.filter((call) => call.plural === "pods").length;
    await it.clock.advance(600_000);
    expect(it.api.calls.filter((call) => call.plural === "pods").length).toBe(before);
  });
});

describe("deletion", () => {
  test("stops with the grace it was given, writes the final status, then removes the object by its uid", async () => {
    const it = await begin();
    const { metadata } = await it.run("web", { annotations: { "stop-delay": "4s" } });
    await it.until("web", isReady);
    await it.api.delete(podKind, { namespace: "default", name: "web" }, { gracePeriodSeconds: 10 });
    await it.clock.advance(3900);
    expect(it.pod("web")).toBeDefined();
    expect(it.status("web").containerStatuses?.[0]?.ready).toBe(true);
    await it.clock.advance(200);
    expect(it.pod("web")).toBeUndefined();
    const calls = it.api.calls.filter((call) => call.plural === "pods");
    expect(calls.at(-1)).toMatchObject({ verb: "delete", body: { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } } });
    expect(calls.at(-2)).toMatchObject({ verb: "patch status strategic", body: { status: { phase: "Succeeded" } } });
    expect(calls.at(-3)?.verb).toBe("delete");
    expect(it.told("web").at(-1)).toBe("Killing: Stopping container main");
    expect(await it.node.runtime.sandboxes.list()).toEqual([]);
    expect(await it.node.runtime.containers.list()).toEqual([]);
    expect(await it.node.volumes.list()).toEqual([]);
  });

  test("kills what doesn't stop within the grace: 137", async () => {
    const it = await begin();
    await it.run("web", { annotations: { "stop-delay": "1h" } });
    await it.until("web", isReady);
    await it.api.delete(podKind, { namespace: "default", name: "web" }, { gracePeriodSeconds: 5 });
    await it.clock.advance(4999);
    expect(it.pod("web")).toBeDefined();
    await it.clock.advance(2);
    expect(it.pod("web")).toBeUndefined();
    const final = it.api.calls.findLast((call) => call.verb.startsWith("patch status"))?.body as { status: PodStatus };
    expect(final.status).toMatchObject({
      phase: "Failed",
      containerStatuses: [{ state: { terminated: { exitCode: 137, reason: "Error" } } }],
    });
  });

  test("a second delete with less grace shortens the first", async () => {
    const it = await begin();
    await it.run("web", { annotations: { "stop-delay": "1h" } });
    await it.until("web", isReady);
    const key = { namespace: "default", name: "web" };
    await it.api.delete(podKind, key, { gracePeriodSeconds: 300 });
    await it.clock.advance(10_000);
    await it.api.delete(podKind, key, { gracePeriodSeconds: 3 });
    await it.clock.advance(3001);
    expect(it.pod("web")).toBeUndefined();
  });

  test("a pod whose object vanished is killed within two seconds", async () => {
    const it = await begin();
    await it.run("web", { annotations: { "stop-delay": "1h" } });
    await it.until("web", isReady);
    await it.api.delete(podKind, { namespace: "default", name: "web" }, { gracePeriodSeconds: 0 });
    await it.clock.advance(2001);
    expect(await it.node.runtime.sandboxes.list()).toEqual([]);
  });

  test("a pod that never got its sandbox goes too", async () => {
    const it = await begin();
    await it.run("web", { annotations: { "sandbox-failures": "1000" } });
    await it.clock.advance(5000);
    await it.api.delete(podKind, { namespace: "default", name: "web" });
    await it.clock.advance(1000);
    expect(it.pod("web")).toBeUndefined();
  });

  test("preStop comes before the signal and counts against the grace", async () => {
    const it = await begin();
    await it.run("web", { container: { lifecycle: { preStop: { sleep: { seconds: 3 } } } }, annotations: { "stop-delay": "1h" } });
    await it.until("web", isReady);
    await it.api.delete(podKind, { namespace: "default", name: "web" }, { gracePeriodSeconds: 10 });
    await it.clock.advance(9900);
    expect(it.pod("web")).toBeDefined();
    await it.clock.advance(200);
    expect(it.pod("web")).toBeUndefined();
  });
});

describe("containers that end", () => {
  test("restart at once, then after 10 s, 20 s, 40 s: CrashLoopBackOff", async () => {
    const it = await begin();
    const pod = await it.run("web", { annotations: { "run-for": "1s", "exit-code": "3" } });
    await it.until("web", (s) => s.containerStatuses?.[0]?.restartCount === 1);
    expect(it.status("web").containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
    await it.until("web", (s) => waiting(s) === "CrashLoopBackOff");
    const text = `restarting failed container=main pod=web_default(${pod.metadata.uid})`;
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting?.message).toBe(`back-off 10s ${text}`);
    expect(it.status("web").phase).toBe("Running");
    expect(it.status("web").conditions?.find((c) => c.type === "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [main]",
    });
    expect(await it.until("web", (s) => s.containerStatuses?.[0]?.restartCount === 2)).toBe(10_000);
    await it.until("web", (s) => waiting(s) === "CrashLoopBackOff");
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting?.message).toBe(`back-off 20s ${text}`);
    expect(await it.until("web", (s) => s.containerStatuses?.[0]?.restartCount === 3)).toBe(20_000);
    expect(it.told("web")).toContain(`BackOff: Back-off restarting failed container main in pod web_default(${pod.metadata.uid})`);
  });

  test("end the pod by its restart policy", async () => {
    const it = await begin();
    await it.run("good", { spec: { restartPolicy: "Never" }, annotations: { "run-for": "1s" } });
    await it.run("bad", { spec: { restartPolicy: "Never" }, annotations: { "run-for": "1s", "exit-code": "2" } });
    await it.clock.advance(2000);
    expect(it.status("good")).toMatchObject({
      phase: "Succeeded",
      containerStatuses: [{ state: { terminated: { reason: "Completed" } } }],
    });
    expect(it.status("good").conditions?.find((c) => c.type === "Ready")).toMatchObject({ status: "False", reason: "PodCompleted" });
    expect(it.status("bad")).toMatchObject({ phase: "Failed" });
    expect(it.status("bad").conditions?.find((c) => c.type === "Ready")).toMatchObject({ status: "False", reason: "PodFailed" });
    expect(it.status("good").podIP).toBe("10.244.1.2");
    expect((await it.node.runtime.sandboxes.list()).map((s) => s.state)).toEqual(["notReady", "notReady"]);
  });

  test("a sandbox that the runtime tells to be lost is replaced at once, with its containers", async () => {
    let lose: (id: string) => void = () => undefined;
    const it = await begin({
      adapters: ({ runtime }) => {
        const onLost = (handler: (id: string) => void): Disposable => {
          lose = handler;
          return { [Symbol.dispose]: () => (lose = () => undefined) };
        };
        Object.assign(runtime.sandboxes, { onLost });
        return { runtime };
      },
    });
    await it.run("web");
    await it.until("web", isReady);
    const [first] = await it.node.runtime.sandboxes.list();
    await it.node.runtime.sandboxes.stop(first?.id ?? "");
    lose(first?.id ?? "");
    expect(
      await it.until("web", (s) => s.podIP === "10.244.1.3" && isReady(s) && s.containerStatuses?.[0]?.restartCount === 1),
    ).toBeLessThan(15_000);
    expect(it.told("web")).toContain("SandboxChanged: Pod sandbox changed, it will be killed and re-created.");
  });

  test("OOMKilled is shown as such", async () => {
    const it = await begin();
    await it.run("web", { annotations: { "oom-after": "5s" } });
    await it.until("web", (s) => s.containerStatuses?.[0]?.restartCount === 1);
    expect(it.status("web").containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  test("a program that can't be started: RunContainerError, then CrashLoopBackOff", async () => {
    const it = await begin();
    await it.run("web", { annotations: { "start-error": '127: exec: "nope": executable file not found in $PATH' } });
    await it.clock.advance(10);
    expect(it.told("web")).toContain('Failed: Error: exec: "nope": executable file not found in $PATH');
    expect(it.status("web").containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 127, reason: "StartError" } },
    });
  });

  test("activeDeadlineSeconds fails the pod", async () => {
    const it = await begin();
    await it.run("web", { spec: { activeDeadlineSeconds: 5 } });
    await it.clock.advance(5001);
    expect(it.status("web")).toMatchObject({
      phase: "Failed",
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
  });
});

describe("init containers and sidecars", () => {
  test("run one after the other before the rest", async () => {
    const it = await begin();
    await it.run("web", { spec: { initContainers: [init("a"), init("b")] }, annotations: { "run-for.a": "2s", "run-for.b": "3s" } });
    await it.clock.advance(1000);
    expect(it.status("web").phase).toBe("Pending");
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting?.reason).toBe("PodInitializing");
    expect(it.status("web").conditions?.find((c) => c.type === "Initialized")).toMatchObject({
      status: "False",
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [a b]",
    });
    await it.clock.advance(1500);
    expect(it.status("web").initContainerStatuses?.map((s) => s.ready)).toEqual([true, false]);
    await it.clock.advance(3000);
    expect(isReady(it.status("web"))).toBe(true);
  });

  test("a failed one fails the pod that never restarts", async () => {
    const it = await begin();
    const annotations = { "run-for.a": "1s", "exit-code.a": "1" };
    await it.run("web", { spec: { restartPolicy: "Never", initContainers: [init("a")] }, annotations });
    await it.clock.advance(2000);
    expect(it.status("web").phase).toBe("Failed");
  });

  test("a sidecar runs beside the main container and stops after it", async () => {
    const it = await begin();
    const sidecar = { ...init("proxy"), restartPolicy: "Always" };
    await it.run("job", {
      spec: { restartPolicy: "Never", initContainers: [sidecar] },
      annotations: { "run-for.main": "5s", "stop-delay.proxy": "2s" },
    });
    await it.clock.advance(1000);
    expect(it.status("job").initContainerStatuses?.[0]).toMatchObject({ ready: true, started: true });
    await it.clock.advance(5000);
    expect(it.status("job").phase).toBe("Running");
    await it.clock.advance(2000);
    expect(it.status("job").phase).toBe("Succeeded");
  });
});

describe("images", () => {
  test("a failed pull is ErrImagePull, then ImagePullBackOff, then tried again", async () => {
    const it = await begin();
    await it.run("web", { annotations: { "pull-failures": "1", "pull-error": "manifest unknown" } });
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting).toEqual({ reason: "ErrImagePull", message: "manifest unknown" });
    await it.until("web", (s) => waiting(s) === "ImagePullBackOff");
    expect(it.status("web").containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'Back-off pulling image "main:1": ErrImagePull: manifest unknown',
    );
    expect(await it.until("web", isReady)).toBe(7000);
    expect(it.told("web")).toEqual([
      'Pulling: Pulling image "main:1"',
      'Failed: Failed to pull image "main:1": manifest unknown',
      "Failed: Error: ErrImagePull",
      'BackOff: Back-off pulling image "main:1"',
      "Failed: Error: ImagePullBackOff",
      'Pulling: Pulling image "main:1"',
      'Pulled: Successfully pulled image "main:1" in 0s (0s including waiting). Image size: 10000000 bytes.',
      "Created: Container created",
      "Started: Container started",
    ]);
  });

  test("Never means never; a name that is none is refused", async () => {
    const it = await begin();
    await it.run("never", { container: { imagePullPolicy: "Never" } });
    await it.run("odd", { container: { image: "Not An Image" } });
    expect(it.status("never").containerStatuses?.[0]?.state?.waiting).toMatchObject({ reason: "ErrImageNeverPull" });
    expect(it.status("odd").containerStatuses?.[0]?.state?.waiting).toMatchObject({ reason: "InvalidImageName" });
  });
});

describe("admission", () => {
  test("a pod that doesn't fit fails with OutOfcpu", async () => {
    const it = await begin({ capacity: { cpu: "1", memory: "1Gi", pods: "10" } });
    await it.run("small", { container: { resources: { requests: { cpu: "600m" } } } });
    await it.run("big", { container: { resources: { requests: { cpu: "600m" } } } });
    expect(it.status("big")).toMatchObject({
      phase: "Failed",
      reason: "OutOfcpu",
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 600, used: 600, capacity: 1000",
    });
    await it.api.delete(podKind, { namespace: "default", name: "big" });
    await it.clock.advance(10);
    expect(it.pod("big")).toBeUndefined();
  });

  test("nodeSelector and affinity are checked", async () => {
    const it = await begin();
    await it.run("elsewhere", { spec: { nodeSelector: { disk: "ssd" } } });
    expect(it.status("elsewhere")).toMatchObject({ phase: "Failed", reason: "NodeAffinity" });
  });
});

describe("the kubelet itself", () => {
  test("a new kubelet adopts what runs and keeps it Ready", async () => {
    const it = await begin();
    await it.run("web", { container: { readinessProbe: { httpGet: { path: "/", port: 80 } } } });
    await it.until("web", isReady);
    const before = it.status("web");
    await it.restart();
    await it.clock.advance(60_000);
    expect(it.status("web")).toEqual(before);
    expect(it.told("web").filter((text) => text.startsWith("Created"))).toHaveLength(1);
    // It is not only left alone: the new kubelet has it in hand.
    await it.api.delete(podKind, { namespace: "default", name: "web" });
    await it.clock.runUntil(() => it.pod("web") === undefined, 60_000);
    expect(await it.node.runtime.sandboxes.list()).toEqual([]);
  });

  test("a new kubelet ends what belongs to nobody", async () => {
    const it = await begin();
    await it.run("web");
    await it.until("web", isReady);
    await it.kubelet[Symbol.asyncDispose]();
    await it.api.delete(podKind, { namespace: "default", name: "web" }, { gracePeriodSeconds: 0 });
    await it.restart();
    await it.clock.advance(1000);
    expect(await it.node.runtime.sandboxes.list()).toEqual([]);
  });

  test("a pod whose sandbox died gets a new one", async () => {
    const it = await begin();
    await it.run("web");
    await it.until("web", isReady);
    const [sandbox] = await it.node.runtime.sandboxes.list();
    await it.node.runtime.sandboxes.stop(sandbox?.id ?? "");
    await it.until("web", (s) => s.podIP === "10.244.1.3" && isReady(s));
    expect(it.told("web")).toContain("SandboxChanged: Pod sandbox changed, it will be killed and re-created.");
    expect(it.status("web").podIPs).toEqual([{ ip: "10.244.1.3" }]);
  });

  test("status writes that fail are tried again", async () => {
    const it = await begin();
    let failures = 5;
    it.api.beforeWrite = (call) => {
      if (call.verb.startsWith("patch status") && call.plural === "pods" && failures-- > 0) throw new Error("connection refused");
    };
    await it.run("web");
    await it.until("web", isReady);
    expect(failures).toBeLessThanOrEqual(0);
  });
});
