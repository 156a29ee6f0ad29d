import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StreamFrame, StreamSession } from "../../src/machinery/http.ts";
import { admin, testServer } from "./server.ts";
import type { TestServer } from "./server.ts";

const asked: string[] = [];
const nodeConnector = {
  request: (node: string, request: { url: string }) => {
    asked.push(`${node} ${request.url}`);
    return Promise.resolve({ status: 200, headers: {}, body: new TextEncoder().encode("a line\n") });
  },
  stream: async (node: string, url: string, peer: StreamSession) => {
    asked.push(`${node} ${url}`);
    await peer.send({ channel: 1, data: new TextEncoder().encode("hello") });
    peer.close();
  },
};

let api: TestServer;
beforeEach(async () => {
  asked.length = 0;
  api = await testServer({ nodeConnector });
  await api.send("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const pods = "/api/v1/namespaces/default/pods";
const aPod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});
const bind = (name: string, node: string) =>
  api.send("POST", `${pods}/${name}/binding`, { metadata: { name }, target: { kind: "Node", name: node } });

async function connect(url: string): Promise<string> {
  const answer = await api.server.connect({ method: "GET", url, headers: {} }, admin);
  if ("refusal" in answer) return JSON.parse(Buffer.from(answer.refusal.body as Uint8Array).toString()).message as string;
  const frames: StreamFrame[] = [];
  await answer.run({
    incoming: (async function* () {})(),
    send: (frame) => Promise.resolve(void frames.push(frame)),
    close: () => undefined,
  });
  return frames.map(({ channel, data }) => `${channel}:${Buffer.from(data ?? []).toString()}`).join();
}

describe("resize", () => {
  const of = (cpu: string, more: object = {}): object => ({
    spec: { containers: [{ name: "c", resources: { requests: { cpu, ...more } } }] },
  });
  const patch = (body: object) =>
    api.send("PATCH", `${pods}/web/resize`, body, { "content-type": "application/strategic-merge-patch+json" });
  beforeEach(async () => {
    await api.send("POST", pods, aPod("web", { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "100m" } } }] }));
  });

  test("changes amounts, counts as another generation, and leaves everything else", async () => {
    const { status, body } = await patch({ ...of("200m"), metadata: { labels: { other: "x" } } });
    expect(status).toBe(200);
    expect(body.spec.containers[0].resources).toEqual({ requests: { cpu: "200m" } });
    expect(body.metadata).toMatchObject({ generation: 2 });
    expect(body.metadata.labels).toBeUndefined();
    expect((await api.send("GET", `${pods}/web/resize`)).body.spec.containers[0].resources).toEqual({ requests: { cpu: "200m" } });
  });

  test("is the only way to them, and to nothing else", async () => {
    const plain = await api.send("PATCH", `${pods}/web`, of("200m"), { "content-type": "application/strategic-merge-patch+json" });
    expect(plain.body.message).toContain("spec: Forbidden: pod updates may not change fields other than");
    const storage = await patch(of("100m", { "ephemeral-storage": "1Gi" }));
    expect(storage.body.message).toBe('Pod "web" is invalid: spec: Forbidden: only cpu and memory resources are mutable');
    const removed = await patch({ spec: { containers: [{ name: "c", resources: { requests: { cpu: null, memory: "1Gi" } } }] } });
    expect(removed.body.message).toBe(
      'Pod "web" is invalid: spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    );
  });
});

describe("admission", () => {
  test("a pod gets its account, its token, tolerations and a priority", async () => {
    const { body } = await api.send("POST", pods, aPod("a"));
    expect(body.spec).toMatchObject({ serviceAccountName: "default", priority: 0, preemptionPolicy: "PreemptLowerPriority" });
    const [volume] = body.spec.volumes;
    expect(volume.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(volume.projected.sources.map((source: object) => Object.keys(source)[0])).toEqual([
      "serviceAccountToken",
      "configMap",
      "downwardAPI",
    ]);
    expect(body.spec.containers[0].volumeMounts).toEqual([
      { name: volume.name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ]);
    expect(body.spec.tolerations.map((t: { key: string; tolerationSeconds: number }) => [t.key, t.tolerationSeconds])).toEqual([
      ["node.kubernetes.io/not-ready", 300],
      ["node.kubernetes.io/unreachable", 300],
    ]);
  });

  test("no token where it isn't wanted, by the pod or by its account", async () => {
    const plain = await api.send("POST", pods, aPod("a", { automountServiceAccountToken: false }));
    expect(plain.body.spec).not.toHaveProperty("volumes");
    await api.send("POST", "/api/v1/namespaces/default/serviceaccounts", {
      metadata: { name: "mute" },
      automountServiceAccountToken: false,
    });
    const mute = await api.send("POST", pods, aPod("b", { serviceAccountName: "mute" }));
    expect(mute.body.spec).not.toHaveProperty("volumes");
  });

  test("priority classes", async () => {
    const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    await api.send("POST", classes, { metadata: { name: "high" }, value: 1000 });
    const high = await api.send("POST", pods, aPod("a", { priorityClassName: "high" }));
    expect(high.body.spec.priority).toBe(1000);
    const none = await api.send("POST", pods, aPod("b", { priorityClassName: "nope" }));
    expect([none.status, none.body.message]).toEqual([403, 'pods "b" is forbidden: no PriorityClass with name nope was found']);
  });

  test("a new node takes no pods yet", async () => {
    const { body } = await api.send("POST", "/api/v1/nodes", { metadata: { name: "n1" } });
    expect(body.spec.taints).toEqual([{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
  });
});

describe("sub-resources", () => {
  test("binding says where a pod runs, once", async () => {
    await api.send("POST", pods, aPod("a"));
    const bound = await bind("a", "n1");
    expect([bound.status, bound.body.status]).toEqual([201, "Success"]);
    const { body } = await api.send("GET", `${pods}/a`);
    expect(body.spec.nodeName).toBe("n1");
    expect(body.status.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
    const again = await bind("a", "n2");
    expect([again.status, again.body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"',
    ]);
    expect((await bind("ghost", "n1")).body.message).toBe('pods "ghost" not found');
  });

  test("status changes status alone, and the rest leaves status alone", async () => {
    const { body } = await api.send("POST", pods, aPod("a"));
    const status = { phase: "Running", podIP: "10.244.0.5", podIPs: [{ ip: "10.244.0.5" }] };
    const changed = await api.send("PUT", `${pods}/a/status`, { ...body, metadata: { ...body.metadata, labels: { x: "y" } }, status });
    expect([changed.status, changed.body.status.phase]).toEqual([200, "Running"]);
    const kept = await api.send("PUT", `${pods}/a`, { ...body, metadata: { name: "a", labels: { l: "1" } }, status: { phase: "Failed" } });
    expect([kept.body.status.phase, kept.body.metadata.labels]).toEqual(["Running", { l: "1" }]);
  });

  test("a running pod goes in two steps", async () => {
    await api.send("POST", pods, aPod("a"));
    await bind("a", "n1");
    const asking = await api.send("DELETE", `${pods}/a`);
    expect(asking.body.metadata).toMatchObject({ deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 });
    const done = await api.send("DELETE", `${pods}/a`, { gracePeriodSeconds: 0, preconditions: { uid: asking.body.metadata.uid } });
    expect([done.status, done.body.kind]).toEqual([200, "Pod"]);
    expect((await api.send("GET", `${pods}/a`)).status).toBe(404);
  });

  test("another pod of the same name isn't meant", async () => {
    await api.send("POST", pods, aPod("a"));
    const { status, body } = await api.send("DELETE", `${pods}/a`, { preconditions: { uid: "other" } });
    expect([status, body.message]).toEqual([
      409,
      expect.stringContaining("the UID in the precondition (other) does not match the UID in record"),
    ]);
  });

  test("eviction is a deletion that a disruption budget may refuse", async () => {
    await api.send("POST", pods, aPod("a", {}, { labels: { app: "x" } }));
    await bind("a", "n1");
    const body = (await api.send("GET", `${pods}/a`)).body;
    await api.send("PUT", `${pods}/a/status`, { ...body, status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } });
    const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    const budget = await api.send("POST", budgets, {
      metadata: { name: "b" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } },
    });
    expect(budget.status).toBe(201);
    const evict = () => api.send("POST", `${pods}/a/eviction`, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } });
    const counted = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
    await api.send("PUT", `${budgets}/b/status`, { ...budget.body, status: counted });
    const refused = await evict();
    expect([refused.status, refused.body.message, refused.body.details.causes[0].message]).toEqual([
      429,
      "Cannot evict pod as it would violate the pod's disruption budget.",
      "The disruption budget b needs 1 healthy pods and has 1 currently",
    ]);
    const now = (await api.send("GET", `${budgets}/b`)).body;
    await api.send("PUT", `${budgets}/b/status`, { ...now, status: { ...counted, disruptionsAllowed: 1 } });
    expect((await evict()).status).toBe(201);
    expect((await api.send("GET", `${pods}/a`)).body.metadata.deletionTimestamp).toBeDefined();
    expect((await api.send("GET", `${budgets}/b`)).body.status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { a: expect.any(String) },
    });
  });

  test("logs come from the node", async () => {
    await api.send("POST", pods, aPod("a"));
    expect((await api.send("GET", `${pods}/a/log`)).text).toBe("");
    await bind("a", "n1");
    const log = await api.send("GET", `${pods}/a/log?tailLines=5&follow=true&nonsense=1`);
    expect([log.text, log.headers["content-type"]]).toEqual(["a line\n", "text/plain"]);
    expect(asked).toEqual(["n1 /containerLogs/default/a/c?follow=true&tailLines=5"]);
    const bad = await api.send("GET", `${pods}/a/log?tailLines=-1`);
    expect([bad.status, bad.body.message]).toEqual([
      422,
      'PodLogOptions "" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ]);
    const other = await api.send("GET", `${pods}/a/log?container=x`);
    expect([other.status, other.body.message]).toEqual([400, "container x is not valid for pod a"]);
  });

  test("which container is meant", async () => {
    const containers = ["a", "b"].map((name) => ({ name, image: "i" }));
    await api.send("POST", pods, aPod("two", { containers, initContainers: [{ name: "i", image: "i" }] }));
    const { body } = await api.send("GET", `${pods}/two/log`);
    expect(body.message).toBe("a container name must be specified for pod two, choose one of: [i a b]");
  });
});

describe("sessions", () => {
  test("exec and port-forward are run on the pod's node", async () => {
    await api.send("POST", pods, aPod("a"));
    await bind("a", "n1");
    expect(await connect(`${pods}/a/exec?command=ls&command=-l&stdout=1&stdin=0`)).toBe("1:hello");
    expect(await connect(`${pods}/a/portforward?ports=80`)).toBe("1:hello");
    expect(asked).toEqual(["n1 /exec/default/a/c?command=ls&command=-l&stdout=true", "n1 /portForward/default/a?port=80"]);
  });

  test("what can't begin is refused before the upgrade", async () => {
    await api.send("POST", pods, aPod("a"));
    expect(await connect(`${pods}/ghost/exec?command=ls`)).toBe('pods "ghost" not found');
    expect(await connect(`${pods}/a/exec?command=ls`)).toBe("pod a does not have a host assigned");
    expect(await connect(`${pods}/a/exec`)).toBe("you must specify at least 1 command for the container");
    expect(await connect(`${pods}/a/status`)).toBe("the server could not find the requested resource");
    const plain = await api.send("GET", `${pods}/a/exec?command=ls`);
    expect(plain.status).toBe(400);
  });
});

describe("namespaces", () => {
  test("a namespace goes when its finalizer is taken away; until then nothing new comes in", async () => {
    await api.send("POST", "/api/v1/namespaces", { metadata: { name: "n" } });
    const going = await api.send("DELETE", "/api/v1/namespaces/n");
    expect(going.body).toMatchObject({ status: { phase: "Terminating" }, spec: { finalizers: ["kubernetes"] } });
    const late = await api.send("POST", "/api/v1/namespaces/n/configmaps", { metadata: { name: "c" } });
    expect(late.body).toMatchObject({
      code: 403,
      message: 'configmaps "c" is forbidden: unable to create new content in namespace n because it is being terminated',
      details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] },
    });
    const done = await api.send("PUT", "/api/v1/namespaces/n/finalize", { ...going.body, spec: { finalizers: [] } });
    expect(done.status).toBe(200);
    expect((await api.send("GET", "/api/v1/namespaces/n")).status).toBe(404);
  });

  test("some can't be deleted", async () => {
    const { status, body } = await api.send("DELETE", "/api/v1/namespaces/kube-system");
    expect([status, body.message]).toEqual([403, 'namespaces "kube-system" is forbidden: this namespace may not be deleted']);
  });
});
