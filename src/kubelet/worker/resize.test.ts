/** What a pod lives through that asks for other resources while it runs. */
import { afterEach, describe, expect, test } from "vitest";
import { pod as podKind } from "../../api/core/v1/pod.ts";
import { conditionOf } from "../../machinery/conditions.ts";
import type { Container, Pod, PodCondition, PodStatus, ResourceRequirements } from "../../schema/shapes/core.v1.ts";
import { aSimulatedNode, type TestNode } from "../../testing/simulatedNode.ts";

let node: TestNode | undefined;
afterEach(async () => {
  await node?.[Symbol.asyncDispose]();
  node = undefined;
});
async function begin(container: Partial<Container> = {}): Promise<TestNode> {
  node = await aSimulatedNode({ capacity: { cpu: "4", memory: "1Gi", pods: "10" } });
  await node.run("web", { container: { resources: of("1", "128Mi"), ...container } });
  await node.until("web", (status) => status.containerStatuses?.[0]?.state?.running !== undefined);
  return node;
}

const of = (cpu: string, memory: string): ResourceRequirements => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const pending = (status: PodStatus): PodCondition | undefined => conditionOf(status.conditions, "PodResizePending");
const inProgress = (status: PodStatus): PodCondition | undefined => conditionOf(status.conditions, "PodResizeInProgress");
const main = (status: PodStatus) => status.containerStatuses?.[0];
const settled = (cpu: string) => (status: PodStatus) =>
  main(status)?.resources?.requests?.["cpu"] === cpu && inProgress(status) === undefined;

/** As the resize sub-resource would. */
async function resize(it: TestNode, name: string, resources: ResourceRequirements): Promise<void> {
  const pod = it.pod(name) as Pod;
  const containers = pod.spec.containers.map((container) => ({ ...container, resources }));
  const metadata = { ...pod.metadata, generation: (pod.metadata.generation ?? 0) + 1 };
  await it.api.update(podKind, { ...pod, metadata, spec: { ...pod.spec, containers } });
  await it.clock.settle();
}
const resizeEvents = (it: TestNode, name: string): string[] => it.told(name).filter((text) => text.startsWith("Resize"));

describe("a resize", () => {
  test("that there is room for is applied without a restart, and told", async () => {
    const it = await begin();
    const updates: unknown[] = [];
    const { containers, sandboxes } = it.node.runtime;
    const [ofContainer, ofSandbox] = [containers.resize.bind(containers), sandboxes.resize.bind(sandboxes)];
    containers.resize = async (id, resources) => (updates.push(resources), await ofContainer(id, resources));
    sandboxes.resize = async (id, group) => (updates.push(group.cpuQuotaMillis), await ofSandbox(id, group));
    await resize(it, "web", of("2", "256Mi"));
    await it.until("web", settled("2"));
    expect(main(it.status("web"))).toMatchObject({
      restartCount: 0,
      resources: of("2", "256Mi"),
      allocatedResources: { cpu: "2", memory: "256Mi" },
    });
    expect(updates).toEqual([2000, expect.objectContaining({ cpuQuotaMillis: 2000, memoryLimitBytes: 256 << 20 }), 2000]);
    expect(pending(it.status("web"))).toBeUndefined();
    const summary = `{"containers":[{"name":"main","resources":${JSON.stringify({ limits: of("2", "256Mi").limits, requests: of("2", "256Mi").requests })}}],"generation":2}`;
    expect(resizeEvents(it, "web")).toEqual([
      `ResizeStarted: Pod resize started: ${summary}`,
      `ResizeCompleted: Pod resize completed: ${summary}`,
    ]);
  });

  test("restarts the container where its policy says so, whatever the exit code", async () => {
    const resizePolicy = [
      { resourceName: "cpu", restartPolicy: "NotRequired" },
      { resourceName: "memory", restartPolicy: "RestartContainer" },
    ];
    const it = await begin({ resizePolicy, restartPolicy: "OnFailure" });
    const seen = new Set<string>();
    it.api.beforeWrite = () => {
      const { phase, containerStatuses } = it.status("web");
      seen.add(`${phase} ${Object.keys(containerStatuses?.[0]?.state ?? {}).join()}`);
    };
    await resize(it, "web", of("2", "128Mi"));
    await it.until("web", settled("2"));
    expect(main(it.status("web"))?.restartCount).toBe(0);
    await resize(it, "web", of("2", "64Mi"));
    await it.until("web", (status) => main(status)?.restartCount === 1 && settled("2")(status));
    expect(main(it.status("web"))?.resources).toEqual(of("2", "64Mi"));
    expect(it.told("web")).toContain("Killing: Container main resize requires restart");
    // Never ended: with that restart policy and exit code the API would take it for good.
    expect([...seen].filter((text) => !["Running running", "Running waiting"].includes(text))).toEqual([]);
    expect(main(it.status("web"))?.lastState?.terminated).toMatchObject({ exitCode: 0 });
    expect(resizeEvents(it, "web").filter((text) => text.startsWith("ResizeCompleted"))).toHaveLength(2);
  });

  test("that the node can never give is Infeasible, and forgotten when it is taken back", async () => {
    const it = await begin();
    await resize(it, "web", of("100", "128Mi"));
    await it.until("web", (status) => pending(status) !== undefined);
    expect(pending(it.status("web"))).toMatchObject({
      status: "True",
      reason: "Infeasible",
      message: "Node didn't have enough capacity: cpu, requested: 100000, capacity: 4000",
      observedGeneration: 2,
    });
    expect(main(it.status("web"))?.allocatedResources).toEqual({ cpu: "1", memory: "128Mi" });
    expect(resizeEvents(it, "web")[0]).toMatch(
      /^ResizeInfeasible: Pod resize Infeasible: .*"generation":2,"error":"Node didn't have enough capacity/,
    );
    await resize(it, "web", of("1", "128Mi"));
    await it.until("web", (status) => pending(status) === undefined);
    expect(resizeEvents(it, "web")).toHaveLength(1);
  });

  test("that there is no room for now is Deferred until another pod has gone", async () => {
    const it = await begin();
    await it.run("other", { container: { resources: of("2", "128Mi") } });
    await it.until("other", (status) => main(status)?.state?.running !== undefined);
    await resize(it, "web", of("3", "128Mi"));
    await it.until("web", (status) => pending(status) !== undefined);
    expect(pending(it.status("web"))).toMatchObject({
      reason: "Deferred",
      message: "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    });
    await it.api.delete(podKind, { namespace: "default", name: "other" }, { gracePeriodSeconds: 1 });
    await it.until("web", settled("3"));
    expect(pending(it.status("web"))).toBeUndefined();
  });

  test("below what is used is an error, told once and tried again", async () => {
    const it = await begin();
    const { runtime } = it.node;
    let used = 100 << 20;
    runtime.stats = async () =>
      (await runtime.containers.list()).map(({ id }) => ({ containerId: id, timeMs: 0, cpuNanos: 0, memoryBytes: used }));
    await resize(it, "web", of("1", "64Mi"));
    await it.until("web", (status) => inProgress(status)?.reason === "Error");
    const [limit, usage] = [64 << 20, 100 << 20];
    expect(inProgress(it.status("web"))?.message).toBe(
      `cannot decrease memory limits: [attempting to set pod memory limit (${limit}) below current usage (${usage}), ` +
        `attempting to set container "main" memory limit (${limit}) below current usage (${usage})]`,
    );
    expect(main(it.status("web"))).toMatchObject({ allocatedResources: { memory: "64Mi" }, resources: { limits: { memory: "128Mi" } } });
    await it.clock.advance(30_000);
    expect(resizeEvents(it, "web").filter((text) => text.startsWith("ResizeError"))).toHaveLength(1);
    used = 10 << 20;
    await it.until("web", (status) => inProgress(status) === undefined);
    expect(main(it.status("web"))?.resources?.limits).toEqual({ cpu: "1", memory: "64Mi" });
  });

  test("that wasn't granted is not granted by a restart of the kubelet either", async () => {
    const it = await begin();
    await it.run("other", { container: { resources: of("2", "128Mi") } });
    await it.until("other", (status) => main(status)?.state?.running !== undefined);
    await resize(it, "web", of("3", "128Mi"));
    await it.until("web", (status) => pending(status) !== undefined);
    const told = it.told("web");
    const seen = new Set<string | undefined>();
    it.api.beforeWrite = () => seen.add(pending(it.status("web"))?.reason);
    await it.restart();
    await it.clock.advance(60_000);
    expect(pending(it.status("web"))?.reason).toBe("Deferred");
    expect([...seen]).not.toContain(undefined);
    expect(it.told("web")).toEqual(told);
    expect(main(it.status("web"))).toMatchObject({ restartCount: 0, allocatedResources: { cpu: "1" } });
  });

  test("that can't be doesn't turn a pod away whose containers went with the node's agent", async () => {
    const it = await begin();
    await resize(it, "web", of("100", "128Mi"));
    await it.until("web", (status) => pending(status) !== undefined);
    for (const { id } of await it.node.runtime.sandboxes.list()) await it.node.runtime.sandboxes.remove(id);
    await it.restart();
    await it.until("web", (status) => main(status)?.state?.running !== undefined && main(status)?.restartCount === 1);
    expect(it.status("web").phase).toBe("Running");
    expect(main(it.status("web"))?.resources).toEqual(of("1", "128Mi"));
    expect(pending(it.status("web"))?.reason).toBe("Infeasible");
  });

  test("that came while no kubelet ran is granted by the next", async () => {
    const it = await begin();
    const pod = it.pod("web") as Pod;
    await it.kubelet[Symbol.asyncDispose]();
    const containers = pod.spec.containers.map((container) => ({ ...container, resources: of("2", "128Mi") }));
    await it.api.update(podKind, { ...pod, metadata: { ...pod.metadata, generation: 2 }, spec: { ...pod.spec, containers } });
    await it.restart();
    await it.until("web", settled("2"));
    expect(main(it.status("web"))?.restartCount).toBe(0);
  });
});
