/** metrics.k8s.io as clients see it, over kubelets of which one is silent. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { failure } from "../../src/machinery/status.ts";
import { type TestServer, testServer } from "./server.ts";

const root = "/apis/metrics.k8s.io/v1beta1";
const use = (nanoCores: number, bytes: number): object => ({
  cpu: { time: "2026-01-01T00:00:00Z", usageNanoCores: nanoCores, windowSeconds: 15 },
  memory: { workingSetBytes: bytes },
});

let uids: Record<string, string> = {};
const nodeConnector = {
  request: async (node: string) => {
    if (node !== "one") throw failure(503, "ServiceUnavailable", "gone");
    const containers = [
      { name: "main", ...use(2_500_000, 3 << 20) },
      { name: "side", ...use(1, 1024) },
    ];
    const pods = [{ podRef: { uid: uids["web"] }, containers, ...use(2_500_001, 1) }];
    return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify({ node: use(1_234_567, 5 << 20), pods })) };
  },
  stream: () => Promise.reject(new Error("not asked for")),
};

let api: TestServer;
beforeEach(async () => {
  uids = {};
  api = await testServer({ nodeConnector });
  for (const name of ["one", "two"]) await api.send("POST", "/api/v1/nodes", { metadata: { name, labels: { zone: name } } });
  for (const [name, nodeName] of [
    ["web", "one"],
    ["lost", "two"],
  ] as const) {
    const pod = { metadata: { name, labels: { app: name } }, spec: { nodeName, containers: [{ name: "main", image: "x" }] } };
    await api.send("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    uids[name] = (await api.send("POST", "/api/v1/namespaces/default/pods", pod)).body.metadata.uid;
    const patch = { status: { phase: "Running" } };
    const type = { "content-type": "application/merge-patch+json" };
    await api.send("PATCH", `/api/v1/namespaces/default/pods/${name}/status`, patch, type);
  }
});
afterEach(async () => await api[Symbol.asyncDispose]());

test("pods whose node answers have metrics", async () => {
  const { body } = await api.send("GET", `${root}/namespaces/default/pods`);
  expect(body).toMatchObject({ kind: "PodMetricsList", apiVersion: "metrics.k8s.io/v1beta1" });
  expect(body.items).toHaveLength(1);
  expect(body.items[0]).toMatchObject({
    kind: "PodMetrics",
    metadata: { name: "web", namespace: "default", labels: { app: "web" } },
    timestamp: "2026-01-01T00:00:00Z",
    window: "15s",
    containers: [
      { name: "main", usage: { cpu: "2500u", memory: "3Mi" } },
      { name: "side", usage: { cpu: "1n", memory: "1Ki" } },
    ],
  });
  expect((await api.send("GET", `${root}/pods?labelSelector=app%3Dlost`)).body.items).toEqual([]);
});

test("one by name, or 404 in upstream's words", async () => {
  expect((await api.send("GET", `${root}/nodes/one`)).body).toMatchObject({
    kind: "NodeMetrics",
    usage: { cpu: "1234567n", memory: "5Mi" },
  });
  expect((await api.send("GET", `${root}/nodes/two`)).body.message).toBe('nodemetrics.metrics.k8s.io "two" not found');
  expect((await api.send("GET", `${root}/namespaces/default/pods/nope`)).body.message).toBe(
    'podmetrics.metrics.k8s.io "default/nope" not found',
  );
});

test("are printed as a table", async () => {
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const { body } = await api.send("GET", `${root}/namespaces/default/pods`, undefined, { accept });
  expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(["Name", "cpu", "memory", "Window"]);
  expect(body.rows[0].cells).toEqual(["web", "2500001n", "3073Ki", "15s"]);
});

test("only reading is possible, and only where they are", async () => {
  expect((await api.send("DELETE", `${root}/nodes/one`)).status).toBe(405);
  expect((await api.send("GET", `${root}/pods/web`)).status).toBe(404);
  expect((await api.send("GET", `${root}/namespaces/default/nodes`)).status).toBe(404);
  expect((await api.send("GET", `${root}/pods?labelSelector=%21%21`)).status).toBe(400);
});

test("are discovered, described, and absent without a way to the nodes", async () => {
  expect((await api.send("GET", root)).body.resources.map(({ name, verbs }: { name: string; verbs: string[] }) => [name, verbs])).toEqual([
    ["nodes", ["get", "list"]],
    ["pods", ["get", "list"]],
  ]);
  expect((await api.send("GET", "/openapi/v3/apis/metrics.k8s.io/v1beta1")).text).toContain("PodMetricsList");
  await using bare = await testServer();
  expect((await bare.send("GET", root)).status).toBe(404);
});
