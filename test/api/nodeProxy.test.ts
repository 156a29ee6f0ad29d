/** nodes/NAME/proxy: what kubelets answer, as they answer it, and what never reaches one. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ApiRequest } from "../../src/machinery/http.ts";
import { type TestServer, testServer } from "./server.ts";

const asked: string[] = [];
let received: ApiRequest["headers"] = {};
const nodeConnector = {
  request: async (node: string, { method, url, headers }: ApiRequest) => {
    received = headers;
    asked.push(`${node} ${method} ${url}`);
    const status = url.startsWith("/stats") ? 200 : 404;
    return {
      status,
      headers: { "content-type": "text/plain", "transfer-encoding": "chunked" },
      body: new TextEncoder().encode(status === 200 ? "all is well" : "404 page not found"),
    };
  },
  stream: () => Promise.reject(new Error("not asked for")),
};

let api: TestServer;
beforeEach(async () => {
  asked.length = 0;
  api = await testServer({ nodeConnector });
  await api.send("POST", "/api/v1/nodes", { metadata: { name: "one" } });
});
afterEach(async () => await api[Symbol.asyncDispose]());

test("path and query reach the node's kubelet, and its answer is given as it is", async () => {
  const answer = await api.send("GET", "/api/v1/nodes/one/proxy/stats/summary?only_cpu_and_memory=true", undefined, {
    accept: "text/html",
  });
  expect(answer).toMatchObject({ status: 200, text: "all is well", headers: { "content-type": "text/plain" } });
  expect(await api.send("GET", "/api/v1/nodes/one/proxy/no/such%20thing")).toMatchObject({ status: 404, text: "404 page not found" });
  await api.send("POST", "/api/v1/nodes/https:one:10250/proxy/stats/", {});
  expect(asked).toEqual(["one GET /stats/summary?only_cpu_and_memory=true", "one GET /no/such%20thing", "one POST /stats"]);
});

test("of a request's head only what a kubelet can take and may know is passed on", async () => {
  const headers = { ":authority": "127.0.0.1", ":path": "/", connection: "keep-alive", accept: "text/html" };
  const answer = await api.send("GET", "/api/v1/nodes/one/proxy/stats/summary", undefined, headers);
  expect(received).toMatchObject({ accept: "text/html" });
  expect(Object.keys(received).filter((name) => name.startsWith(":") || name === "connection")).toEqual([]);
  expect(answer.headers).toEqual({ "content-type": "text/plain" });
});

test("a node that isn't there, another port, or another path below a node is refused", async () => {
  expect((await api.send("GET", "/api/v1/nodes/two/proxy/pods")).body).toMatchObject({ code: 404, message: 'nodes "two" not found' });
  expect((await api.send("GET", "/api/v1/nodes/one:22/proxy/")).status).toBe(400);
  expect((await api.send("GET", "/api/v1/nodes/ftp:one:10250/proxy/")).status).toBe(400);
  expect((await api.send("GET", "/api/v1/nodes/one/status/more")).status).toBe(404);
  expect(asked).toEqual([]);
});

test("discovery names it as upstream does", async () => {
  const { body } = await api.send("GET", "/api/v1");
  expect(body.resources.find((each: { name: string }) => each.name === "nodes/proxy")).toEqual({
    name: "nodes/proxy",
    singularName: "",
    namespaced: false,
    group: "",
    version: "v1",
    kind: "NodeProxyOptions",
    verbs: ["create", "delete", "get", "patch", "update"],
  });
});
