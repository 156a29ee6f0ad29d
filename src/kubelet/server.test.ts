import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StreamFrame, StreamSession } from "../machinery/http.ts";
import { readAll } from "../client/jsonLines.ts";
import { aSimulatedNode, type TestNode } from "../testing/simulatedNode.ts";

let it: TestNode;
beforeEach(async () => {
  it = await aSimulatedNode();
  await it.run("web", { annotations: { logs: "one\ntwo\nthree", cpu: "100m", memory: "5Mi", exec: "cat x => X\nfalse => exit 1" } });
  await it.clock.advance(1000);
});
afterEach(async () => {
  await it[Symbol.asyncDispose]();
});

async function ask(url: string): Promise<{ status: number; body: string }> {
  const { status, body } = await it.kubelet.handle({ method: "GET", url, headers: {} });
  return { status, body: new TextDecoder().decode(await readAll(body)) };
}
const messageOf = async (url: string): Promise<string> => {
  const { status, body } = await ask(url);
  return `${status} ${(JSON.parse(body) as { message: string }).message}`;
};

const session = (): StreamSession & { sent: string[] } => {
  const sent: string[] = [];
  return {
    sent,
    incoming: (async function* () {})(),
    send({ channel, data }: StreamFrame) {
      sent.push(`${channel} ${new TextDecoder().decode(data ?? new Uint8Array(0))}`);
      return Promise.resolve();
    },
    close: () => undefined,
  };
};

describe("logs", () => {
  test.each([
    ["", "one\ntwo\nthree\n"],
    ["?tailLines=1", "three\n"],
    ["?limitBytes=5", "one\nt"],
    ["?timestamps=true&tailLines=1", "2026-01-01T00:00:00.000000000Z three\n"],
    ["?sinceSeconds=1", "one\ntwo\nthree\n"],
    ["?sinceTime=2026-01-01T00:00:01Z", ""],
    ["?stream=Stderr", ""],
  ])("%s", async (query, wanted) => {
    expect(await ask(`/containerLogs/default/web/main${query}`)).toEqual({ status: 200, body: wanted });
  });

  test("are followed until the container ends", async () => {
    const following = ask("/containerLogs/default/web/main?follow=true");
    const [sandbox] = await it.node.runtime.sandboxes.list();
    await it.node.runtime.sandboxes.stop(sandbox?.id ?? "");
    expect((await following).body).toBe("one\ntwo\nthree\n");
  });

  test("of the attempt before", async () => {
    expect(await messageOf("/containerLogs/default/web/main?previous=true")).toBe(
      '400 previous terminated container "main" in pod "web" not found',
    );
    await it.run("crash", { annotations: { logs: "bye", "run-for": "1s" } });
    await it.clock.advance(1500);
    expect(await ask("/containerLogs/default/crash/main?previous=true")).toEqual({ status: 200, body: "bye\n" });
  });

  test("of an attempt that the runtime has lost", async () => {
    const [container] = await it.node.runtime.containers.list();
    const id = container?.id ?? "";
    await it.node.runtime.containers.remove(id);
    const { status, body } = await ask("/containerLogs/default/web/main");
    expect({ status, body }).toEqual({ status: 200, body: `unable to retrieve container logs for coxswain-simulated://${id}` });
  });

  test("that can't be read say why", async () => {
    await it.run("slow", { annotations: { "start-delay": "1h" } });
    await it.run("none", { annotations: { "pull-failures": "forever" }, container: { image: "none:1" } });
    expect(await messageOf("/containerLogs/default/slow/main")).toBe(
      '400 container "main" in pod "slow" is waiting to start: ContainerCreating',
    );
    expect(await messageOf("/containerLogs/default/none/main")).toBe(
      `400 container "main" in pod "none" is waiting to start: image can't be pulled`,
    );
    await it.clock.advance(5000);
    expect(await messageOf("/containerLogs/default/none/main")).toBe(
      '400 container "main" in pod "none" is waiting to start: trying and failing to pull image',
    );
    expect(await messageOf("/containerLogs/default/web/other")).toBe('404 container "other" not found in pod "web"');
    expect(await messageOf("/containerLogs/default/nobody/main")).toBe('404 pod "nobody" not found');
    expect(await messageOf("/containerLogs/default/web/main?tailLines=-1")).toContain("tailLines must be greater than or equal to 0");
    expect(await messageOf("/containerLogs/default/web/main?sinceTime=soon")).toContain("sinceTime must be an RFC 3339 time");
    expect(await messageOf("/nothing")).toBe("404 404 page not found");
  });
});

describe("exec", () => {
  test("runs a command and tells its exit code", async () => {
    const good = session();
    await it.kubelet.stream("/exec/default/web/main?command=cat&command=x&stdout=true", good);
    expect(good.sent).toEqual(["1 X\n", '3 {"metadata":{},"status":"Success"}']);
    const bad = session();
    await it.kubelet.stream("/exec/default/web/main?command=false&stdout=true", bad);
    expect(bad.sent[0]).toContain('"reason":"ExitCode","message":"1"');
  });

  test.each([
    ["/exec/default/web/main?stdout=true", "you must specify at least 1 command for the container"],
    ["/exec/default/web/main?command=ls", "you must specify at least 1 of stdin, stdout, stderr"],
    ["/exec/default/web/other?command=ls&stdout=true", 'unable to upgrade connection: container not found ("other")'],
    ["/exec/default/nobody/main?command=ls&stdout=true", 'pod "nobody" not found'],
    ["/portForward/default/web?port=x", "Port must be a number between 1 and 65535: x"],
  ])("%s is refused before anything is sent", async (url, message) => {
    await expect(it.kubelet.stream(url, session())).rejects.toThrow(message);
  });
});

test("pods, with their newest status", async () => {
  const { body } = await ask("/pods");
  expect((JSON.parse(body) as { items: unknown[] }).items).toMatchObject([
    { kind: "Pod", metadata: { name: "web" }, status: { phase: "Running" } },
  ]);
  expect(await ask("/healthz")).toEqual({ status: 200, body: "ok" });
});

test("statistics: rates out of two samples, sums per pod and node", async () => {
  await ask("/stats/summary");
  await it.clock.advance(10_000);
  const summary = JSON.parse((await ask("/stats/summary")).body) as unknown;
  const usage = { cpu: { usageNanoCores: 100_000_000 }, memory: { workingSetBytes: 5 << 20 } };
  expect(summary).toMatchObject({
    node: { nodeName: "node-1", ...usage },
    pods: [{ podRef: { name: "web", namespace: "default" }, ...usage, containers: [{ name: "main", ...usage }] }],
  });
});

test("metrics that a metrics server reads", async () => {
  await it.clock.advance(1000);
  const { body } = await ask("/metrics/resource");
  expect(body).toContain('container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 0.2 1767225602000\n');
  expect(body).toContain('pod_memory_working_set_bytes{namespace="default",pod="web"} 5242880 1767225602000\n');
  expect(body).toContain("# TYPE node_cpu_usage_seconds_total counter\nnode_cpu_usage_seconds_total 0.2 1767225602000\n");
  expect((await ask("/metrics/cadvisor")).body).toContain('container_memory_rss{container="main",namespace="default",pod="web"} 5242880');
});

test("metrics about the kubelet itself", async () => {
  const { body } = await ask("/metrics");
  expect(body).toContain('kubelet_node_name{node="node-1"} 1\n');
  expect(body).toContain('kubelet_running_containers{container_state="running"} 1\n');
  expect(body).toContain("kubelet_running_pods 1\n");
});
