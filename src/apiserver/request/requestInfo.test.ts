import { expect, test } from "vitest";
import { requestInfoOf } from "./requestInfo.ts";

const none = { group: "", namespace: "", name: "", subresource: "", rest: "" };

test.each([
  ["GET", "/api/v1/pods", { verb: "list", version: "v1", resource: "pods" }],
  ["GET", "/api/v1/pods?watch=1", { verb: "watch", version: "v1", resource: "pods" }],
  ["GET", "/api/v1/watch/pods", { verb: "watch", version: "v1", resource: "pods" }],
  ["GET", "/api/v1/namespaces/a/pods/b", { verb: "get", version: "v1", namespace: "a", resource: "pods", name: "b" }],
  [
    "GET",
    "/api/v1/namespaces/a/pods/b/log",
    { verb: "get", version: "v1", namespace: "a", resource: "pods", name: "b", subresource: "log" },
  ],
  [
    "POST",
    "/apis/apps/v1/namespaces/a/deployments",
    { verb: "create", group: "apps", version: "v1", namespace: "a", resource: "deployments" },
  ],
  ["PUT", "/api/v1/nodes/n", { verb: "update", version: "v1", resource: "nodes", name: "n" }],
  ["PATCH", "/api/v1/nodes/n/status", { verb: "patch", version: "v1", resource: "nodes", name: "n", subresource: "status" }],
  ["DELETE", "/api/v1/namespaces/a/pods", { verb: "deletecollection", version: "v1", namespace: "a", resource: "pods" }],
  ["DELETE", "/api/v1/namespaces/a/pods/b", { verb: "delete", version: "v1", namespace: "a", resource: "pods", name: "b" }],
  ["GET", "/api/v1/namespaces/a", { verb: "get", version: "v1", namespace: "a", resource: "namespaces", name: "a" }],
  [
    "PUT",
    "/api/v1/namespaces/a/finalize",
    { verb: "update", version: "v1", namespace: "a", resource: "namespaces", name: "a", subresource: "finalize" },
  ],
  ["GET", "/api/v1/nodes/n/proxy/x/y", { verb: "get", version: "v1", resource: "nodes", name: "n", subresource: "proxy", rest: "x/y" }],
  ["GET", "/api/v1/namespaces/a/configmaps/b%2Fc", { verb: "get", version: "v1", namespace: "a", resource: "configmaps", name: "b/c" }],
])("%s %s", (method, url, expected) => {
  expect(requestInfoOf(method, url)).toMatchObject({ ...none, isResource: true, ...expected });
});

test.each(["/", "/healthz", "/api", "/api/v1", "/apis/apps/v1", "/openapi/v3/apis/apps/v1"])("%s is no resource", (url) => {
  expect(requestInfoOf("GET", url)).toMatchObject({ isResource: false, verb: "get", path: url });
});

test("a broken escape is refused", () => {
  expect(() => requestInfoOf("GET", "/api/v1/pods/%e")).toThrow("invalid URL escape");
});
