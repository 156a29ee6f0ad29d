import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
const aConfigMap = (name: string, data: Record<string, string> = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

describe("create and get", () => {
  test("a created object carries what the server sets, and is read back the same", async () => {
    const created = await api.send("POST", configMaps, aConfigMap("a", { x: "1" }));
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "a", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" },
      data: { x: "1" },
    });
    expect(created.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(created.body.metadata.resourceVersion)).toBeGreaterThan(1);
    const read = await api.send("GET", `${configMaps}/a`);
    expect(read.body).toEqual(created.body);
  });

  test("what isn't there", async () => {
    const { status, body } = await api.send("GET", `${configMaps}/nope`);
    expect(status).toBe(404);
    expect(body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'configmaps "nope" not found',
      reason: "NotFound",
      details: { name: "nope", kind: "configmaps" },
      code: 404,
    });
  });

  test("the same name twice", async () => {
    await api.send("POST", configMaps, aConfigMap("a"));
    const again = await api.send("POST", configMaps, aConfigMap("a"));
    expect(again).toMatchObject({ status: 409, body: { reason: "AlreadyExists", message: 'configmaps "a" already exists' } });
  });

  test("generateName", async () => {
    const { body } = await api.send("POST", configMaps, { metadata: { generateName: "run-" } });
    expect(body.metadata.name).toMatch(/^run-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test("a namespace that isn't there", async () => {
    const { status, body } = await api.send("POST", "/api/v1/namespaces/nope/configmaps", aConfigMap("a"));
    expect([status, body.message]).toEqual([404, 'namespaces "nope" not found']);
  });

  test("another namespace in the body", async () => {
    const object = { ...aConfigMap("a"), metadata: { name: "a", namespace: "other" } };
    const { status, body } = await api.send("POST", configMaps, object);
    expect([status, body.message]).toEqual([400, "the namespace of the provided object does not match the namespace sent on the request"]);
  });

  test("a dry run stores nothing", async () => {
    const dry = await api.send("POST", `${configMaps}?dryRun=All`, aConfigMap("a"));
    expect(dry.status).toBe(201);
    expect((await api.send("GET", `${configMaps}/a`)).status).toBe(404);
  });
});

describe("update, patch and delete", () => {
  test("an update needs the version it is based on, where it names one", async () => {
    const { body } = await api.send("POST", configMaps, aConfigMap("a"));
    const first = await api.send("PUT", `${configMaps}/a`, { ...body, data: { x: "1" } });
    expect(first.status).toBe(200);
    const second = await api.send("PUT", `${configMaps}/a`, { ...body, data: { x: "2" } });
    expect([second.status, second.body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    ]);
    const blind = await api.send("PUT", `${configMaps}/a`, aConfigMap("a", { x: "3" }));
    expect(blind.body.data).toEqual({ x: "3" });
  });

  test("an update that changes nothing keeps the version", async () => {
    const { body } = await api.send("POST", configMaps, aConfigMap("a"));
    const same = await api.send("PUT", `${configMaps}/a`, body);
    expect(same.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
  });

  test("a merge patch", async () => {
    await api.send("POST", configMaps, aConfigMap("a", { x: "1", y: "2" }));
    const patch = { data: { x: null, z: "3" } };
    const { status, body } = await api.send("PATCH", `${configMaps}/a`, patch, { "content-type": "application/merge-patch+json" });
    expect([status, body.data]).toEqual([200, { y: "2", z: "3" }]);
  });

  test("a deletion answers with a Status, and the object is gone", async () => {
    const { body } = await api.send("POST", configMaps, aConfigMap("a"));
    const gone = await api.send("DELETE", `${configMaps}/a`);
    expect(gone.body).toMatchObject({
      kind: "Status",
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: body.metadata.uid },
    });
    expect((await api.send("GET", `${configMaps}/a`)).status).toBe(404);
  });

  test("finalizers hold an object back until the last one goes", async () => {
    const object = { ...aConfigMap("a"), metadata: { name: "a", finalizers: ["example.com/hold"] } };
    await api.send("POST", configMaps, object);
    const asked = await api.send("DELETE", `${configMaps}/a`);
    expect(asked.body.metadata).toMatchObject({ deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 });
    const released = await api.send(
      "PATCH",
      `${configMaps}/a`,
      { metadata: { finalizers: null } },
      { "content-type": "application/merge-patch+json" },
    );
    expect(released.status).toBe(200);
    expect((await api.send("GET", `${configMaps}/a`)).status).toBe(404);
  });
});

describe("list and watch", () => {
  test("a list pages on over a consistent snapshot", async () => {
    for (const name of ["a", "b", "c"]) await api.send("POST", configMaps, aConfigMap(name));
    const first = await api.send("GET", `${configMaps}?limit=2`);
    expect(first.body.kind).toBe("ConfigMapList");
    expect(first.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(["a", "b"]);
    expect(first.body.metadata.remainingItemCount).toBe(1);
    await api.send("DELETE", `${configMaps}/c`);
    const rest = await api.send("GET", `${configMaps}?limit=2&continue=${first.body.metadata.continue}`);
    expect(rest.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(["c"]);
    expect(rest.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });

  test("selectors", async () => {
    await api.send("POST", configMaps, { metadata: { name: "a", labels: { app: "web" } } });
    await api.send("POST", configMaps, { metadata: { name: "b", labels: { app: "db" } } });
    const names = async (query: string) =>
      (await api.send("GET", `${configMaps}?${query}`)).body.items.map((i: { metadata: { name: string } }) => i.metadata.name);
    expect(await names("labelSelector=app%3Dweb")).toEqual(["a"]);
    expect(await names("labelSelector=app+in+(web,db)")).toEqual(["a", "b"]);
    expect(await names("fieldSelector=metadata.name%3Db")).toEqual(["b"]);
    expect(await names("fieldSelector=metadata.name!%3Db")).toEqual(["a"]);
    const bad = await api.send("GET", `${configMaps}?fieldSelector=spec.x%3Db`);
    expect([bad.status, bad.body.message]).toEqual([400, "field label not supported: spec.x"]);
  });

  test("a watch tells of what is there and then of every change", async () => {
    await api.send("POST", configMaps, aConfigMap("a"));
    const watch = await api.watch(`${configMaps}?watch=true`);
    expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "a" } } });
    await api.send("POST", configMaps, aConfigMap("b"));
    await api.send("PUT", `${configMaps}/b`, aConfigMap("b", { x: "1" }));
    await api.send("DELETE", `${configMaps}/b`);
    const events = await watch.take(3);
    expect(events.map((event) => [event.type, event.object.metadata.name])).toEqual([
      ["ADDED", "b"],
      ["MODIFIED", "b"],
      ["DELETED", "b"],
    ]);
    const versions = events.map((event) => Number(event.object.metadata.resourceVersion));
    expect([...versions].sort((x, y) => x - y)).toEqual(versions);
    await watch.close();
    expect(await watch.next()).toBeUndefined();
  });

  test("an object that changes its labels comes and goes for a selecting watch", async () => {
    const watch = await api.watch(`${configMaps}?watch=true&labelSelector=on%3Dyes`);
    await api.send("POST", configMaps, { metadata: { name: "a" } });
    await api.send("PUT", `${configMaps}/a`, { metadata: { name: "a", labels: { on: "yes" } } });
    await api.send("PUT", `${configMaps}/a`, { metadata: { name: "a", labels: { on: "no" } } });
    const events = await watch.take(2);
    expect(events.map((event) => [event.type, event.object.metadata.labels])).toEqual([
      ["ADDED", { on: "yes" }],
      ["DELETED", { on: "yes" }],
    ]);
    await watch.close();
  });

  test("WatchList: what is there, then a bookmark that says so", async () => {
    await api.send("POST", configMaps, aConfigMap("a"));
    const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const watch = await api.watch(`${configMaps}?${query}`);
    const [added, bookmark] = await watch.take(2);
    expect(added.type).toBe("ADDED");
    expect(bookmark).toMatchObject({
      type: "BOOKMARK",
      object: { kind: "ConfigMap", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    await api.clock.advance(61_000);
    expect(await watch.next()).toMatchObject({ type: "BOOKMARK" });
    await watch.close();
  });

  test("a watch resumes where it left off", async () => {
    const { body } = await api.send("POST", configMaps, aConfigMap("a"));
    await api.send("POST", configMaps, aConfigMap("b"));
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    expect(await watch.next()).toMatchObject({ type: "ADDED", object: { metadata: { name: "b" } } });
    await watch.close();
  });

  test("a watch from before the window is told to start anew", async () => {
    const { body } = await api.send("POST", configMaps, aConfigMap("a"));
    for (let i = 0; i < 200; i += 1) await api.send("PUT", `${configMaps}/a`, aConfigMap("a", { i: String(i) }));
    await api.clock.advance(80_000);
    await api.send("PUT", `${configMaps}/a`, aConfigMap("a", { i: "last" }));
    const old = await api.watch(`${configMaps}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    const { type, object } = await old.next();
    expect([type, object.code, object.reason]).toEqual(["ERROR", 410, "Expired"]);
    expect(object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
    expect(await old.next()).toBeUndefined();
  });
});
