/** pods/NAME/proxy and services/NAME/proxy: which pod is asked for what, and what never reaches one. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PodPort } from "../../src/apiserver/ports/podTransport.ts";
import type { ApiRequest, StreamFrame } from "../../src/machinery/http.ts";
import { admin, type TestServer, testServer } from "./server.ts";

const base = "/api/v1/namespaces/default";
interface Asked {
  readonly target: PodPort;
  readonly request: ApiRequest;
  readonly prefix: string;
}
const asked: Asked[] = [];
const heads: string[] = [];
const podTransport = {
  async request(target: PodPort, request: ApiRequest, prefix: string) {
    asked.push({ target, request, prefix });
    if (target.port === 9) throw new Error("dial tcp 10.0.0.1:9: connect: connection refused");
    return {
      status: 418,
      headers: { "content-type": "text/plain", "x-own": "1" },
      cookies: ["a=1"],
      body: new TextEncoder().encode("short and stout"),
    };
  },
};
const nodeConnector = {
  request: () => Promise.reject(new Error("not asked for")),
  async stream(node: string, url: string, peer: { readonly incoming: AsyncIterable<StreamFrame> }) {
    for await (const { data } of peer.incoming) heads.push(`${node} ${url}\n${Buffer.from(data ?? []).toString()}`);
  },
};

let api: TestServer;

async function pod(name: string, ip: string, ports: readonly number[] = []): Promise<void> {
  const containers = [{ name: "main", image: "x", ports: ports.map((containerPort) => ({ containerPort })) }];
  await api.send("POST", `${base}/pods`, { metadata: { name }, spec: { nodeName: "one", containers } });
  if (ip === "") return;
  const status = { podIP: ip, podIPs: [{ ip }], phase: "Running" };
  expect(
    (await api.send("PATCH", `${base}/pods/${name}/status`, { status }, { "content-type": "application/merge-patch+json" })).status,
  ).toBe(200);
}

async function service(name: string, ports: readonly object[], subsets: readonly object[] | undefined): Promise<void> {
  await api.send("POST", `${base}/services`, { metadata: { name }, spec: { ports } });
  if (subsets !== undefined) await api.send("POST", `${base}/endpoints`, { metadata: { name }, subsets });
}

const address = (name: string, ip: string): object => ({ ip, targetRef: { kind: "Pod", namespace: "default", name } });

beforeEach(async () => {
  asked.length = 0;
  heads.length = 0;
  api = await testServer({ podTransport, nodeConnector });
  await api.send("POST", `${base}/serviceaccounts`, { metadata: { name: "default" } });
  await pod("web", "10.0.0.1", [8080, 9090]);
  await pod("bare", "10.0.0.2");
  await pod("young", "");
  const ports = [
    { name: "http", port: 80, targetPort: 8080 },
    { name: "admin", port: 81, targetPort: 9090 },
  ];
  const addresses = [address("web", "10.0.0.1"), address("gone", "10.0.0.3"), address("bare", "10.0.0.9"), { ip: "10.0.0.4" }];
  await service("shop", ports, [
    {
      addresses,
      ports: [
        { name: "http", port: 8080 },
        { name: "admin", port: 9090 },
      ],
    },
  ]);
  await service("plain", [{ port: 80 }], [{ addresses: [address("bare", "10.0.0.2")], ports: [{ port: 80 }] }]);
  await service("empty", [{ port: 80 }], []);
});
afterEach(async () => await api[Symbol.asyncDispose]());

const toWeb = { node: "one", namespace: "default", pod: "web", ip: "10.0.0.1", scheme: "http" };
const toBare = { ...toWeb, pod: "bare", ip: "10.0.0.2" };

test.each<[string, object]>([
  ["pods/web", { ...toWeb, port: 8080 }],
  ["pods/web:9090", { ...toWeb, port: 9090 }],
  ["pods/https:web:443", { ...toWeb, port: 443, scheme: "https" }],
  ["pods/bare", { ...toBare, port: 80 }],
  ["pods/https:bare:", { ...toBare, port: 443, scheme: "https" }],
  ["services/shop:http", { ...toWeb, port: 8080 }],
  ["services/shop:81", { ...toWeb, port: 9090 }],
  ["services/https:shop:admin", { ...toWeb, port: 9090, scheme: "https" }],
  ["services/plain", { ...toBare, port: 80 }],
])("%s leads to its pod", async (name, target) => {
  const answer = await api.send("GET", `${base}/${name}/proxy/a%20b/?q=1`);
  expect(answer).toMatchObject({ status: 418, text: "short and stout", headers: { "x-own": "1" } });
  expect(asked).toMatchObject([{ target, request: { method: "GET", url: "/a%20b/?q=1" }, prefix: `${base}/${name}/proxy` }]);
});

test("every verb passes, with its body, but no secret of the client", async () => {
  const headers = {
    authorization: "Bearer x",
    cookie: "c=1",
    connection: "keep-alive",
    "impersonate-user": "admin",
    host: "h:1",
    accept: "a/b",
  };
  for (const method of ["HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
    const body = new TextEncoder().encode(method);
    expect(
      (await api.raw({ method, url: `${base}/pods/web/proxy/x`, headers: { accept: "a/b", host: "h:1", cookie: "c=1" }, body })).status,
    ).toBe(418);
    expect(asked.at(-1)?.request).toMatchObject({ method, url: "/x", body });
  }
  await api.raw({ url: `${base}/pods/web/proxy/x`, headers: { ...headers, authorization: undefined } });
  expect(asked.at(-1)?.request.headers).toEqual({
    accept: "a/b",
    host: "h:1",
    cookie: "c=1",
    "x-forwarded-uri": `${base}/pods/web/proxy/x`,
  });
});

test("the root without its slash is redirected, so that relative links hold", async () => {
  const answer = await api.send("GET", `${base}/services/shop:http/proxy?q=1`);
  expect(answer).toMatchObject({ status: 301, headers: { location: `${base}/services/shop:http/proxy/?q=1` } });
  expect(asked).toEqual([]);
});

describe("what leads nowhere", () => {
  test.each<[string, number, string]>([
    ["pods/nobody", 404, 'pods "nobody" not found'],
    ["pods/young", 400, "address not allowed"],
    ["pods/ftp:web:21", 400, 'invalid pod request "ftp:web:21"'],
    ["pods/web:9", 503, "error trying to reach service: dial tcp 10.0.0.1:9: connect: connection refused"],
    ["services/nobody:80", 404, 'services "nobody" not found'],
    ["services/nobody", 404, 'endpoints "nobody" not found'],
    ["services/a:b:c:d", 400, 'invalid service request "a:b:c:d"'],
    ["services/shop:8080", 503, 'no service port 8080 found for service "shop"'],
    ["services/shop", 503, 'no endpoints available for service "shop"'],
    ["services/shop:nope", 503, 'no endpoints available for service "shop:nope"'],
    ["services/empty", 503, 'no endpoints available for service "empty"'],
  ])("%s: %i", async (name, code, message) => {
    expect((await api.send("GET", `${base}/${name}/proxy/`)).body).toMatchObject({ kind: "Status", code, message });
  });
});

test("a connection that is to be upgraded begins with the request's head", async () => {
  const headers = { host: "h", connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "k", authorization: undefined };
  const admitted = await api.server.connect({ method: "GET", url: `${base}/services/shop:http/proxy/live?x=1`, headers }, admin);
  if ("refusal" in admitted) throw new Error(`refused with ${admitted.refusal.status}`);
  async function* incoming(): AsyncGenerator<StreamFrame> {
    yield { channel: 0, data: Buffer.from("more") };
  }
  await admitted.run({ incoming: incoming(), send: () => Promise.resolve(), close: () => undefined });
  const sent = "GET /live?x=1 HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\n\r\n";
  expect(heads).toEqual([`one /portForward/default/web?port=8080\n${sent}`, "one /portForward/default/web?port=8080\nmore"]);
  const refused = await api.server.connect({ method: "GET", url: `${base}/services/empty/proxy/`, headers }, admin);
  expect(refused).toMatchObject({ refusal: { status: 503 } });
});

test("discovery names them as upstream does", async () => {
  const { body } = await api.send("GET", "/api/v1");
  const verbs = ["create", "delete", "get", "patch", "update"];
  for (const [name, kind] of [
    ["pods/proxy", "PodProxyOptions"],
    ["services/proxy", "ServiceProxyOptions"],
  ])
    expect(body.resources).toContainEqual({ name, singularName: "", namespaced: true, group: "", version: "v1", kind, verbs });
});
