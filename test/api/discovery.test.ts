import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testServer } from "./server.ts";
import type { TestServer } from "./server.ts";

let api: TestServer;
beforeAll(async () => {
  const text = "What is wanted.";
  api = await testServer({ descriptions: () => ({ "apps/v1.Deployment": ["Keeps pods going.", { spec: text }] }) });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const aggregated = { accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json" };

describe("discovery", () => {
  test("all in one document, remembered by its ETag", async () => {
    const { headers, body } = await api.send("GET", "/apis", undefined, aggregated);
    expect(headers["content-type"]).toBe("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    const apps = body.items.find((group: { metadata: { name: string } }) => group.metadata.name === "apps");
    const deployments = apps.versions[0].resources.find((resource: { resource: string }) => resource.resource === "deployments");
    expect(deployments).toEqual({
      resource: "deployments",
      responseKind: { group: "apps", version: "v1", kind: "Deployment" },
      scope: "Namespaced",
      singularResource: "deployment",
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      shortNames: ["deploy"],
      categories: ["all"],
      subresources: [
        { subresource: "scale", responseKind: { group: "autoscaling", version: "v1", kind: "Scale" }, verbs: ["get", "patch", "update"] },
        { subresource: "status", responseKind: { group: "apps", version: "v1", kind: "Deployment" }, verbs: ["get", "patch", "update"] },
      ],
    });
    const again = await api.send("GET", "/apis", undefined, { ...aggregated, "if-none-match": headers["etag"] ?? "" });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  test("document by document, the old way", async () => {
    expect((await api.send("GET", "/api")).body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    const groups = (await api.send("GET", "/apis")).body;
    expect(groups.kind).toBe("APIGroupList");
    expect(groups.groups.map((group: { name: string }) => group.name)).toContain("apps");
    expect((await api.send("GET", "/apis/apps")).body).toMatchObject({ kind: "APIGroup", preferredVersion: { groupVersion: "apps/v1" } });
    const core = (await api.send("GET", "/api/v1")).body;
    expect(core).toMatchObject({ kind: "APIResourceList", groupVersion: "v1" });
    const names = core.resources.map((resource: { name: string }) => resource.name);
    for (const name of [
      "pods",
      "pods/log",
      "pods/exec",
      "pods/binding",
      "pods/eviction",
      "bindings",
      "serviceaccounts/token",
      "nodes/status",
    ]) {
      expect(names).toContain(name);
    }
    expect((await api.send("GET", "/apis/nope/v1")).status).toBe(404);
  });

  test("the two forms agree", async () => {
    const names = new Set<string>();
    for (const root of ["/api", "/apis"]) {
      const { items } = (await api.send("GET", root, undefined, aggregated)).body;
      for (const group of items) {
        for (const version of group.versions) {
          const path = group.metadata.name === undefined ? `/api/${version.version}` : `/apis/${group.metadata.name}/${version.version}`;
          const listed = (await api.send("GET", path)).body.resources.map((resource: { name: string }) => resource.name);
          const expected = version.resources.flatMap((r: { resource: string; subresources?: { subresource: string }[] }) => [
            r.resource,
            ...(r.subresources ?? []).map(({ subresource }) => `${r.resource}/${subresource}`),
          ]);
          expect(listed).toEqual(expected);
          names.add(path);
        }
      }
    }
    expect(names.size).toBeGreaterThan(10);
  });
});

describe("OpenAPI", () => {
  test("a document that is asked for by its hash may be kept for ever", async () => {
    const index = await api.send("GET", "/openapi/v3");
    const { serverRelativeURL } = index.body.paths["apis/apps/v1"];
    const { headers, body } = await api.send("GET", serverRelativeURL);
    expect(headers).toMatchObject({ "cache-control": "public, immutable", expires: "Fri, 01 Jan 2027 00:00:00 GMT" });
    const schema = body.components.schemas["io.k8s.api.apps.v1.Deployment"];
    expect([schema.description, schema.properties.spec.description]).toEqual(["Keeps pods going.", "What is wanted."]);
    const patch = body.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"].patch;
    expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "apps", kind: "Deployment", version: "v1" });
    expect(patch.requestBody.content).toHaveProperty(["application/strategic-merge-patch+json"]);
    const stale = await api.send("GET", "/openapi/v3/apis/apps/v1?hash=0");
    expect([stale.status, stale.headers["location"]]).toEqual([301, serverRelativeURL]);
    const plain = await api.send("GET", "/openapi/v3/apis/apps/v1");
    expect(plain.headers["cache-control"]).toBe("no-cache, private");
    const known = await api.send("GET", "/openapi/v3/apis/apps/v1", undefined, { "if-none-match": plain.headers["etag"] ?? "" });
    expect(known.status).toBe(304);
  });

  test("v2 holds the definitions of all groups, as JSON or in its protobuf form", async () => {
    const { status, headers, body } = await api.send("GET", "/openapi/v2");
    expect([status, headers["content-type"], body.swagger]).toEqual([200, "application/json", "2.0"]);
    const deployment = body.definitions["io.k8s.api.apps.v1.Deployment"];
    expect(deployment["x-kubernetes-group-version-kind"]).toEqual([{ group: "apps", kind: "Deployment", version: "v1" }]);
    expect(deployment.properties.spec.$ref).toBe("#/definitions/io.k8s.api.apps.v1.DeploymentSpec");
    expect(body.definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"].type).toBe("string");
    const { patch } = body.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"];
    expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "apps", kind: "Deployment", version: "v1" });
    expect([patch.consumes, patch.produces]).toEqual([
      expect.arrayContaining(["application/strategic-merge-patch+json", "application/apply-patch+yaml"]),
      expect.arrayContaining(["application/json"]),
    ]);
    expect(patch.parameters.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(["body", "dryRun", "fieldValidation"]),
    );
    expect(unknownReferences(body)).toEqual([]);
    const known = await api.send("GET", "/openapi/v2", undefined, { "if-none-match": headers["etag"] ?? "" });
    expect(known.status).toBe(304);
    const asked = { accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf" };
    const protobuf = await api.send("GET", "/openapi/v2", undefined, asked);
    expect(protobuf.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    expect(protobuf.headers["etag"]).not.toBe(headers["etag"]);
  });

  test("there are no others", async () => {
    expect((await api.send("GET", "/openapi/v3/apis/nope/v1")).status).toBe(404);
  });
});

/** References to definitions that the document doesn't have. */
function unknownReferences(document: { readonly definitions: object }): string[] {
  const named = new Set([...JSON.stringify(document).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map((match) => match[1] ?? ""));
  return [...named].filter((name) => !(name in document.definitions));
}

test("version, root and metrics", async () => {
  expect((await api.send("GET", "/version")).body).toMatchObject({ major: "1", minor: "36", gitVersion: "v1.36.3" });
  expect((await api.send("GET", "/")).body.paths).toEqual(expect.arrayContaining(["/api", "/apis/apps/v1", "/healthz", "/openapi/v3"]));
  const { text } = await api.send("GET", "/metrics");
  expect(text).toContain('apiserver_request_total{code="200",verb="GET",group="",version="",resource="",subresource="",scope=""}');
  expect(text).toMatch(/apiserver_storage_objects\{group="",resource="namespaces"\} 4/);
});
