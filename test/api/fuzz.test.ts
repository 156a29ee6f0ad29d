/** Whatever comes in, an answer goes out: never a 500, never a broken Status, and the server goes on. */
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../src/api/registry.ts";
import type { Kind } from "../../src/machinery/kind.ts";
import { structOf } from "../../src/schema/structs.ts";
import { anObject } from "../../src/testing/arbitraryObjects.ts";
import { protobufMagic } from "./protobufBodies.ts";
import { readAnswer, testServer } from "./server.ts";
import type { Answer, TestServer } from "./server.ts";

let api: TestServer;
beforeAll(async () => {
  api = await testServer();
  await api.send("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  for (const kind of kinds) {
    const answer = await api.send("POST", collectionOf(kind), { metadata: { name: "a" }, ...bodies[kind.kind] });
    if (bodies[kind.kind] !== undefined && answer.status !== 201) throw new Error(answer.text);
  }
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80 }] }] } };
const selector = { matchLabels: { app: "a" } };
/** What a kind needs beside a name to be accepted, so that updates find something to work on. */
const bodies: Readonly<Record<string, object>> = {
  Pod: { metadata: { name: "a", labels: { app: "a" } }, spec: template.spec },
  Deployment: { spec: { selector, template } },
  ReplicaSet: { spec: { selector, template } },
  Service: { spec: { selector: { app: "a" }, type: "NodePort", ports: [{ port: 80 }] } },
  Endpoints: { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
  EndpointSlice: { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] },
  Secret: { type: "Opaque", data: { a: "Yg==" } },
  Node: { spec: { podCIDR: "10.244.0.0/24" } },
  Lease: { spec: { holderIdentity: "a", leaseDurationSeconds: 10 } },
};

function collectionOf(kind: Kind): string {
  const root = kind.group === "" ? "/api" : `/apis/${kind.group}`;
  return `${root}/${kind.version}${kind.namespaced ? "/namespaces/default" : ""}/${kind.plural}`;
}

const runs = Number(process.env["FUZZ_RUNS"] ?? 1_500);
const seed = process.env["SEED"] === undefined ? {} : { seed: Number(process.env["SEED"]) };

const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW");
const segment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("api", "apis", "v1", "namespaces", "default", "watch", "a", "status", "scale", "log", "binding", "exec"),
  },
  { weight: 4, arbitrary: fc.constantFrom(...kinds.map(({ plural }) => plural), ...kinds.map(({ group }) => group)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "..", "%", "%00", "%2F", "a%2Fb", "token", "eviction", "finalize", "resize", "ephemeralcontainers"),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const wildPath = fc.array(segment, { maxLength: 8 }).map((parts) => `/${parts.join("/")}`);
const goodPath = fc
  .record({
    kind: fc.constantFrom(...kinds),
    named: fc.boolean(),
    sub: fc.constantFrom("", "", "", "/status", "/scale", "/log", "/eviction", "/token", "/binding"),
  })
  .map(({ kind, named, sub }) => {
    return `${collectionOf(kind)}${named ? `/a${sub}` : ""}`;
  });

const parameter = fc.constantFrom(
  "limit",
  "continue",
  "labelSelector",
  "fieldSelector",
  "resourceVersion",
  "resourceVersionMatch",
  "dryRun",
  "fieldValidation",
  "fieldManager",
  "force",
  "gracePeriodSeconds",
  "propagationPolicy",
  "orphanDependents",
  "pretty",
  "includeObject",
  "tailLines",
  "sendInitialEvents",
  "allowWatchBookmarks",
  "timeoutSeconds",
  "container",
  "command",
);
const value = fc.oneof(
  fc.constantFrom(
    "0",
    "1",
    "-1",
    "true",
    "false",
    "All",
    "Strict",
    "Exact",
    "NotOlderThan",
    "a=b",
    "metadata.name=a",
    "a in (b,c)",
    "Orphan",
    "x",
  ),
  fc.string({ maxLength: 10 }).map(encodeURIComponent),
  fc.constantFrom("%", "%ff", "99999999999999999999", "é", "a=b=c", "!!", "(", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0"),
);
const query = fc.array(fc.tuple(parameter, value), { maxLength: 3 }).map((pairs) => pairs.map(([k, v]) => `${k}=${v}`).join("&"));

const objectLike = fc.record(
  {
    apiVersion: fc.constantFrom("v1", "apps/v1", "x/y/z", "", 3),
    kind: fc.constantFrom(...kinds.map(({ kind }) => kind), "", "DeleteOptions", 7),
    metadata: fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record(
        {
          name: fc.constantFrom("a", "b", "A_B", "", 5),
          labels: fc.jsonValue({ maxDepth: 1 }),
          finalizers: fc.jsonValue({ maxDepth: 1 }),
          ownerReferences: fc.jsonValue({ maxDepth: 2 }),
          resourceVersion: fc.constantFrom("", "1", "x", 4),
        },
        { requiredKeys: ["name"] },
      ),
    ),
    spec: fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.record(
        {
          replicas: fc.jsonValue({ maxDepth: 0 }),
          selector: fc.jsonValue({ maxDepth: 2 }),
          template: fc.jsonValue({ maxDepth: 3 }),
          containers: fc.jsonValue({ maxDepth: 3 }),
          ports: fc.jsonValue({ maxDepth: 2 }),
          clusterIP: fc.constantFrom("None", "", "10.96.0.1", "x", 4),
          type: fc.constantFrom("ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "x"),
        },
        { requiredKeys: [] },
      ),
    ),
    status: fc.jsonValue({ maxDepth: 2 }),
    data: fc.jsonValue({ maxDepth: 2 }),
    target: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: [] },
);
const patchLike = fc.array(
  fc.record(
    {
      op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "x"),
      path: fc.constantFrom("/metadata/name", "/spec", "/metadata/labels/a", "", "x", "/a~2", "/metadata/finalizers/-"),
      value: fc.jsonValue({ maxDepth: 1 }),
      from: fc.constantFrom("/spec", ""),
    },
    { requiredKeys: ["op"] },
  ),
  { maxLength: 3 },
);
const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes);
const body = fc.oneof(
  { weight: 6, arbitrary: objectLike.map((object) => text(JSON.stringify(object))) },
  { weight: 2, arbitrary: patchLike.map((patch) => text(JSON.stringify(patch))) },
  { weight: 2, arbitrary: fc.jsonValue().map((json) => text(JSON.stringify(json))) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from([...protobufMagic, ...bytes])) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("a: &x [*x]", "- - -", "{", '{"a":1,"a":2}', "null", '"x"', "[]", `{"metadata":{"name":"${"n".repeat(300)}"}}`)
      .map(text),
  },
  { weight: 2, arbitrary: fc.constant(undefined) },
);
const contentType = fc.constantFrom(
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json-patch+json",

  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "text/plain",
  ";;",
  "",
  undefined,
);
const accept = fc.constantFrom(
  "application/json",
  "*/*",
  "application/yaml",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "text/html",
  "",
  undefined,

  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json",
  "application/vnd.kubernetes.protobuf",
  ",,;=;",
  "application/json;q=x",
);

const request = fc.record({ method, path: fc.oneof(wildPath, goodPath, goodPath), query, body, contentType, accept });

function check(asked: string, answer: Answer): void {
  expect({ asked, logged: api.log.splice(0) }).toEqual({ asked, logged: [] });
  expect({ asked, code: answer.status }).not.toEqual({ asked, code: 500 });
  if (answer.status < 400 || answer.body === undefined) return;
  expect(answer.body).toMatchObject({ kind: "Status", status: "Failure", code: answer.status });
  expect(answer.body.message).not.toMatch(/undefined|\[object|TypeError|Cannot read|is not a function|not iterable/);
}

test("no request breaks the server", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(request, async (asked) => {
      const url = asked.query === "" ? asked.path : `${asked.path}?${asked.query}`;
      const abort = new AbortController();
      const headers = { "content-type": asked.contentType, accept: asked.accept };
      const response = await api.raw({ method: asked.method, url, headers, body: asked.body, signal: abort.signal });
      abort.abort(); // ends watches
      check(`${asked.method} ${url}`, await readAnswer(response));
    }),
    { numRuns: runs, ...seed },
  );
  expect((await api.send("GET", "/readyz")).text).toBe("ok");
});

const write = fc.constantFrom(...kinds.keys()).chain((index) =>
  fc.record({
    index: fc.constant(index),
    how: fc.constantFrom("create", "update", "status", "merge", "strategic", "dry"),
    object: anObject(structOf(kinds[index]?.struct ?? "")),
  }),
);
const patchType = { merge: "application/merge-patch+json", strategic: "application/strategic-merge-patch+json" };

test("objects of the right types but of any content", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(write, async ({ index, how, object }) => {
      const kind = kinds[index];
      if (kind === undefined) return;
      const collection = collectionOf(kind);
      const given = typeof object["metadata"] === "object" ? object["metadata"] : {};
      const body = { ...object, metadata: { ...given, name: "a", namespace: undefined, resourceVersion: undefined, uid: undefined } };
      if (how === "create") {
        await api.send("DELETE", `${collection}/b`);
        const other = { ...body, metadata: { ...body.metadata, name: "b" } };
        check(`create ${kind.plural}`, await api.send("POST", collection, other));
      } else if (how === "dry") check(`dry run of ${kind.plural}`, await api.send("POST", `${collection}?dryRun=All`, body));
      else if (how === "update") check(`update ${kind.plural}`, await api.send("PUT", `${collection}/a`, body));
      else if (how === "status") check(`status of ${kind.plural}`, await api.send("PUT", `${collection}/a/status`, body));
      else check(`patch ${kind.plural}`, await api.send("PATCH", `${collection}/a`, body, { "content-type": patchType[how] }));
      const table = await api.send("GET", collection, undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
      check(`table of ${kind.plural}`, table);
    }),
    { numRuns: runs, ...seed },
  );
  expect((await api.send("GET", "/readyz")).text).toBe("ok");
});
