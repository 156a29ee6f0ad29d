import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testServer } from "./server.ts";
import type { Answer, TestServer } from "./server.ts";

let api: TestServer;
beforeEach(async () => {
  api = await testServer();
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const configMaps = "/api/v1/namespaces/default/configmaps";
const config = (data: Record<string, string>) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data });
const apply = (manager: string, data: Record<string, string>, query = ""): Promise<Answer> =>
  api.send("PATCH", `${configMaps}/a?fieldManager=${manager}${query}`, config(data), { "content-type": "application/apply-patch+yaml" });
const owners = ({ body }: Answer): string[] =>
  (body.metadata.managedFields ?? []).map((entry: { manager: string; operation: string }) => `${entry.manager} ${entry.operation}`);

describe("server-side apply", () => {
  test("creates, changes what it owns, and takes back what it no longer wants", async () => {
    const made = await apply("helm", { x: "1", y: "1" });
    expect([made.status, made.body.data, owners(made)]).toEqual([201, { x: "1", y: "1" }, ["helm Apply"]]);
    const changed = await apply("helm", { x: "2" });
    expect([changed.status, changed.body.data]).toEqual([200, { x: "2" }]);
    const same = await apply("helm", { x: "2" });
    expect(same.body.metadata.resourceVersion).toBe(changed.body.metadata.resourceVersion);
  });

  test("conflicts with what somebody else set, unless forced", async () => {
    await apply("helm", { x: "1" });
    await api.send(
      "PATCH",
      `${configMaps}/a?fieldManager=editor`,
      { data: { x: "2" } },
      { "content-type": "application/merge-patch+json" },
    );
    const refused = await apply("helm", { x: "3" });
    expect([refused.status, refused.body.reason, refused.body.message]).toEqual([
      409,
      "Conflict",
      expect.stringMatching(/^Apply failed with 1 conflict: conflict with "editor" using v1( at [^:]+:\d\d:\d\dZ)?: \.data\.x$/),
    ]);
    const forced = await apply("helm", { x: "3" }, "&force=true");
    expect([forced.status, forced.body.data]).toEqual([200, { x: "3" }]);
  });

  test("two managers share an object", async () => {
    await apply("a", { x: "1" });
    const both = await apply("b", { y: "1" });
    expect([both.body.data, owners(both)]).toEqual([{ x: "1", y: "1" }, ["a Apply", "b Apply"]]);
  });

  test("a dry run changes nothing", async () => {
    const dry = await apply("helm", { x: "1" }, "&dryRun=All");
    expect(dry.status).toBe(201);
    expect((await api.send("GET", `${configMaps}/a`)).status).toBe(404);
  });

  test.each([
    [
      "no manager",
      "",
      config({}),
      422,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
    [
      "an unknown field",
      "?fieldManager=m",
      { ...config({}), date: {} },
      400,
      "failed to create typed patch object (default/a; /v1, Kind=ConfigMap): .date: field not declared in schema",
    ],
    [
      "another version",
      "?fieldManager=m",
      { ...config({}), apiVersion: "v2" },
      400,
      "Incorrect version specified in apply patch. Specified patch version: v2, expected: v1",
    ],
    [
      "managedFields",
      "?fieldManager=m",
      { ...config({}), metadata: { name: "a", managedFields: [{}] } },
      400,
      "metadata.managedFields must be nil",
    ],
    [
      "another name",
      "?fieldManager=m",
      { ...config({}), metadata: { name: "b" } },
      400,
      "the name of the object (b) does not match the name on the URL (a)",
    ],
    [
      "a uid of nobody",
      "?fieldManager=m",
      { ...config({}), metadata: { name: "a", uid: "u" } },
      409,
      'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
  ])("%s is refused", async (_what, ...rest: [query: string, body: object, code: number, message: string]) => {
    const [query, body, code, message] = rest;
    const answer = await api.send("PATCH", `${configMaps}/a${query}`, body, { "content-type": "application/apply-patch+yaml" });
    expect([answer.status, answer.body.message]).toEqual([code, message]);
  });

  test("YAML that is none", async () => {
    const answer = await api.send("PATCH", `${configMaps}/a?fieldManager=m`, "a: [", { "content-type": "application/apply-patch+yaml" });
    expect([answer.status, answer.body.message]).toEqual([
      400,
      expect.stringMatching(/^error decoding patch: error converting YAML to JSON: yaml: /),
    ]);
  });
});

describe("whose is what", () => {
  test("is kept for objects that were applied", async () => {
    const plain = await api.send("POST", `${configMaps}?fieldManager=kubectl-create`, config({ x: "1" }));
    expect(owners(plain)).toEqual([]);
    const applied = await apply("helm", { x: "1" });
    expect(owners(applied)).toEqual(["helm Apply", "before-first-apply Update"]);
  });

  test("is kept from the start where that is wanted", async () => {
    await api[Symbol.asyncDispose]();
    api = await testServer({ managedFields: "always" });
    const plain = await api.send("POST", configMaps, config({ x: "1" }), { "user-agent": "kubectl/v1.36.3 (linux/amd64)" });
    expect(owners(plain)).toEqual(["kubectl Update"]);
    const status = await api.send("PUT", "/api/v1/namespaces/default/status", {
      metadata: { name: "default" },
      status: { phase: "Active" },
    });
    expect(status.status).toBe(200);
    const put = await api.send("PUT", `${configMaps}/a?fieldManager=other`, config({ x: "2" }));
    expect(owners(put)).toEqual(["kubectl Update", "other Update"]);
  });
});
