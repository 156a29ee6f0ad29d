/** The forms that answers come in, and the limits that hold. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { maxQueuedEvents } from "../../src/apiserver/verbs/watch.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { testServer } from "./server.ts";
import type { TestServer } from "./server.ts";

let api: TestServer;
beforeEach(async () => {
  api = await testServer();
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const configMaps = "/api/v1/namespaces/default/configmaps";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const aDeployment = {
  metadata: { name: "d" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { a: "b" } },
    template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
};
const as = (kind: string, extra = "") => ({ accept: `application/json;as=${kind};v=v1;g=meta.k8s.io${extra}` });
const merge = { "content-type": "application/merge-patch+json" };

describe("tables", () => {
  test("of a list, with bare metadata beside the cells", async () => {
    await api.send("POST", configMaps, { metadata: { name: "a" }, data: { x: "1" } });
    await api.clock.advance(65_000);
    const { body } = await api.send("GET", configMaps, undefined, as("Table"));
    expect(body).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: { resourceVersion: expect.any(String) } });
    expect(body.columnDefinitions.map((c: { name: string; format: string }) => [c.name, c.format])).toEqual([
      ["Name", "name"],
      ["Data", ""],
      ["Age", ""],
    ]);
    expect(body.rows).toMatchObject([{ cells: ["a", 1, "65s"], object: { kind: "PartialObjectMetadata", metadata: { name: "a" } } }]);
    expect(body.rows[0].object).not.toHaveProperty("data");
  });

  test("with whole objects, or none", async () => {
    await api.send("POST", configMaps, { metadata: { name: "a" }, data: { x: "1" } });
    const whole = await api.send("GET", `${configMaps}?includeObject=Object`, undefined, as("Table"));
    expect(whole.body.rows[0].object).toMatchObject({ kind: "ConfigMap", data: { x: "1" } });
    const none = await api.send("GET", `${configMaps}/a?includeObject=None`, undefined, as("Table"));
    expect(none.body.rows).toEqual([{ cells: ["a", 1, "0s"] }]);
    const bad = await api.send("GET", `${configMaps}?includeObject=Half`, undefined, as("Table"));
    expect([bad.status, bad.body.message]).toEqual([
      400,
      "Unable to convert to Table as requested: includeObject: Invalid value: \"Half\": must be 'Metadata', 'Object', 'None', or empty",
    ]);
  });

  test("of a watch: columns come with the first event only", async () => {
    const watch = await api.watch(`${configMaps}?watch=1`, as("Table"));
    await api.send("POST", configMaps, { metadata: { name: "a" } });
    await api.send("POST", configMaps, { metadata: { name: "b" } });
    const [first, second] = await watch.take(2);
    expect([first.type, first.object.kind, first.object.columnDefinitions.length]).toEqual(["ADDED", "Table", 3]);
    expect([second.object.columnDefinitions, second.object.rows[0].cells[0]]).toEqual([null, "b"]);
    await watch.close();
  });

  test("an old client's version of it", async () => {
    const { body } = await api.send("GET", configMaps, undefined, { accept: "application/json;as=Table;v=v1beta1;g=meta.k8s.io" });
    expect(body.apiVersion).toBe("meta.k8s.io/v1beta1");
  });
});

describe("other forms", () => {
  test("bare metadata", async () => {
    await api.send("POST", configMaps, { metadata: { name: "a" }, data: { x: "1" } });
    const one = await api.send("GET", `${configMaps}/a`, undefined, as("PartialObjectMetadata"));
    expect(one.body).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } });
    const all = await api.send("GET", configMaps, undefined, as("PartialObjectMetadataList"));
    expect(all.body).toMatchObject({
      kind: "PartialObjectMetadataList",
      items: [{ kind: "PartialObjectMetadata", metadata: { name: "a" } }],
    });
    expect((await api.send("GET", configMaps, undefined, as("PartialObjectMetadata"))).status).toBe(406);
  });

  test("YAML, both ways", async () => {
    const yaml = { "content-type": "application/yaml", accept: "application/yaml" };
    const made = await api.send("POST", configMaps, "metadata:\n  name: a\ndata:\n  x: 'yes'\n", yaml);
    expect([made.status, made.headers["content-type"]]).toEqual([201, "application/yaml"]);
    expect(made.text).toMatch(/^kind: ConfigMap\napiVersion: v1\nmetadata:\n/);
    const missing = await api.send("GET", `${configMaps}/b`, undefined, { accept: "application/yaml" });
    expect(missing.text).toContain('message: configmaps "b" not found');
  });

  test("indented for people", async () => {
    const { text } = await api.send("GET", "/api/v1/namespaces/default", undefined, { "user-agent": "curl/8.1" });
    expect(text).toMatch(/^\{\n {2}"kind": "Namespace",\n/);
  });

  test("a long list comes in pieces and is whole", async () => {
    const data = { x: "y".repeat(2_000) };
    for (let i = 0; i < 1_200; i += 1) await api.send("POST", configMaps, { metadata: { name: `c${String(i).padStart(4, "0")}` }, data });
    const response = await api.raw({ url: configMaps });
    expect(response.body).not.toBeInstanceOf(Uint8Array);
    const { body } = await api.send("GET", configMaps);
    expect(body.items).toHaveLength(1_200);
    expect(body.items.every((item: { metadata: { resourceVersion: string } }) => Number(item.metadata.resourceVersion) > 0)).toBe(true);
  });

  test("two groups show one Event", async () => {
    const core = {
      metadata: { name: "e" },
      involvedObject: { kind: "Pod", namespace: "default", name: "p" },
      reason: "Tested",
      message: "well",
    };
    await api.send("POST", "/api/v1/namespaces/default/events", core);
    const other = await api.send("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e");
    expect(other.body).toMatchObject({ apiVersion: "events.k8s.io/v1", kind: "Event", regarding: { name: "p" }, note: "well" });
    const watch = await api.watch("/apis/events.k8s.io/v1/events?watch=1");
    expect((await watch.next()).object).toMatchObject({ apiVersion: "events.k8s.io/v1", note: "well" });
    await watch.close();
  });
});

describe("warnings", () => {
  test("old kinds and repeated owners", async () => {
    const { headers } = await api.send("GET", "/api/v1/endpoints");
    expect(headers["warning"]).toBe('299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"');
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u" };
    const made = await api.send("POST", configMaps, { metadata: { name: "a", ownerReferences: [owner, owner] } });
    expect(made.body.metadata.ownerReferences).toEqual([owner]);
    expect(made.headers["warning"]).toContain("duplicate UID(s) observed: u");
  });
});

describe("scale and collections", () => {
  test("scale is read and written as a Scale", async () => {
    await api.send("POST", deployments, aDeployment);
    const scale = await api.send("GET", `${deployments}/d/scale`);
    expect(scale.body).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      spec: { replicas: 2 },
      status: { replicas: 0, selector: "a=b" },
    });
    const patched = await api.send("PATCH", `${deployments}/d/scale`, { spec: { replicas: 5 } }, merge);
    expect([patched.status, patched.body.spec.replicas]).toEqual([200, 5]);
    expect((await api.send("GET", `${deployments}/d`)).body).toMatchObject({ spec: { replicas: 5 }, metadata: { generation: 2 } });
    const negative = await api.send("PATCH", `${deployments}/d/scale`, { spec: { replicas: -1 } }, merge);
    expect([negative.status, negative.body.message]).toEqual([
      422,
      'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ]);
    const stale = await api.send("PUT", `${deployments}/d/scale`, { ...scale.body, spec: { replicas: 1 } });
    expect([stale.status, stale.body.reason]).toEqual([409, "Conflict"]);
    expect((await api.send("GET", `${configMaps}/d/scale`)).status).toBe(404);
  });

  test("a collection is deleted by selector", async () => {
    for (const [name, app] of [
      ["a", "x"],
      ["b", "y"],
      ["c", "x"],
    ])
      await api.send("POST", configMaps, { metadata: { name, labels: { app } } });
    const dry = await api.send("DELETE", `${configMaps}?labelSelector=app%3Dx&dryRun=All`);
    expect(dry.body.items).toHaveLength(2);
    const gone = await api.send("DELETE", `${configMaps}?labelSelector=app%3Dx`);
    expect(gone.body.kind).toBe("ConfigMapList");
    expect((await api.send("GET", configMaps)).body.items.map((i: { metadata: { name: string } }) => i.metadata.name)).toEqual(["b"]);
  });
});

describe("limits", () => {
  test("more requests at a time than there is room for", async () => {
    const store = memoryStore();
    const small = await testServer({ store, inFlight: { reading: 1, mutating: 1 } });
    const answers = await Promise.all([1, 2, 3].map(() => small.send("GET", configMaps)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect([refused?.headers["retry-after"], refused?.body.reason]).toEqual(["1", "TooManyRequests"]);
    expect((await small.send("GET", configMaps)).status).toBe(200);
    await small[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  test("a watch that nobody reads is closed in the end", async () => {
    const watch = await api.watch(`${configMaps}?watch=1`);
    await api.send("POST", configMaps, { metadata: { name: "a" } });
    for (let i = 0; i < maxQueuedEvents + 1; i += 1)
      await api.send("PUT", `${configMaps}/a`, { metadata: { name: "a" }, data: { i: String(i) } });
    let events = 0;
    while ((await watch.next()) !== undefined) events += 1;
    expect(events).toBe(maxQueuedEvents);
    const { text } = await api.send("GET", "/metrics");
    expect(text).toMatch(/apiserver_registered_watchers\{group="",resource="configmaps"\} 0/);
  });

  test("a watch ends when its time is up or its client gone, and leaves no timer", async () => {
    const before = api.clock.pendingTimers;
    const timed = await api.watch(`${configMaps}?watch=1&timeoutSeconds=5&allowWatchBookmarks=true`);
    await api.clock.advance(5_000);
    expect(await timed.next()).toBeUndefined();
    const gone = new AbortController();
    const response = await api.raw({ url: `${configMaps}?watch=1`, signal: gone.signal });
    gone.abort();
    const body = response.body as AsyncIterable<Uint8Array>;
    expect(await body[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    expect(api.clock.pendingTimers).toBe(before);
  });

  test("history is forgotten after a while, and lists that go on from there are told", async () => {
    for (const name of ["a", "b"]) await api.send("POST", configMaps, { metadata: { name } });
    const first = await api.send("GET", `${configMaps}?limit=1`);
    await api.send("PUT", `${configMaps}/b`, { metadata: { name: "b" }, data: { x: "1" } });
    await api.clock.advance(300_000);
    await api.send("PUT", `${configMaps}/b`, { metadata: { name: "b" }, data: { x: "2" } });
    await api.clock.advance(300_000);
    const url = `${configMaps}?limit=1&continue=`;
    const late = await api.send("GET", url + first.body.metadata.continue);
    expect(late.body).toMatchObject({
      code: 410,
      reason: "Expired",
      message: expect.stringMatching(/^The provided continue parameter is too old/),
    });
    const resumed = await api.send("GET", url + late.body.metadata.continue);
    expect(resumed.body.items.map((i: { metadata: { name: string } }) => i.metadata.name)).toEqual(["b"]);
  });

  test("events go an hour after they were last seen", async () => {
    const event = (name: string, lastTimestamp: string) => ({
      metadata: { name },
      involvedObject: { namespace: "default" },
      lastTimestamp,
    });
    await api.send("POST", "/api/v1/namespaces/default/events", event("old", "2026-01-01T00:00:00Z"));
    await api.send("POST", "/api/v1/namespaces/default/events", event("seen-again", "2026-01-01T00:30:00Z"));
    await api.clock.advance(3_600_000);
    const { body } = await api.send("GET", "/api/v1/events");
    expect(body.items.map((i: { metadata: { name: string } }) => i.metadata.name)).toEqual(["seen-again"]);
  });

  test("a version from the future is waited for, but not for ever", async () => {
    const asked = api.send("GET", `${configMaps}?resourceVersion=99999`);
    await api.clock.advance(3_000);
    expect((await asked).body).toMatchObject({ code: 504, reason: "Timeout", message: /^Timeout: Too large resource version: 99999/ });
  });

  test("an exact version is shown as it was", async () => {
    const { body } = await api.send("POST", configMaps, { metadata: { name: "a" } });
    await api.send("DELETE", `${configMaps}/a`);
    const then = await api.send("GET", `${configMaps}?resourceVersionMatch=Exact&resourceVersion=${body.metadata.resourceVersion}`);
    expect(then.body.items).toHaveLength(1);
    expect((await api.send("GET", configMaps)).body.items).toHaveLength(0);
  });
});
