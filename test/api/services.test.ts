import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryStore } from "../../src/store/memory.ts";
import { testServer } from "./server.ts";
import type { TestServer } from "./server.ts";

let api: TestServer;
beforeEach(async () => {
  api = await testServer({ advertise: { address: "10.244.0.1", port: 6443 } });
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const services = "/api/v1/namespaces/default/services";
const aService = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});
const onPort = (nodePort: number) => ({ type: "NodePort", ports: [{ port: 80, nodePort }] });
const merge = { "content-type": "application/merge-patch+json" };

test("the way to the API server is there from the start", async () => {
  const service = await api.send("GET", `${services}/kubernetes`);
  expect(service.body.spec).toMatchObject({ clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443, targetPort: 6443 }] });
  const endpoints = await api.send("GET", "/api/v1/namespaces/default/endpoints/kubernetes");
  expect(endpoints.body.subsets).toEqual([{ addresses: [{ ip: "10.244.0.1" }], ports: [{ name: "https", port: 6443, protocol: "TCP" }] }]);
  const slice = await api.send("GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes");
  expect(slice.body).toMatchObject({ addressType: "IPv4", endpoints: [{ addresses: ["10.244.0.1"] }] });
});

test("an address is given, kept and not given twice, also when many ask at once", async () => {
  const made = await Promise.all(Array.from({ length: 50 }, (_, i) => api.send("POST", services, aService(`s${i}`, { type: "NodePort" }))));
  const addresses = made.map(({ body }) => body.spec.clusterIP as string);
  const ports = made.map(({ body }) => body.spec.ports[0].nodePort as number);
  expect(new Set(addresses).size).toBe(50);
  expect(new Set(ports).size).toBe(50);
  expect(addresses.every((address) => /^10\.(9[6-9]|10\d|11[01])\./.test(address))).toBe(true);
  expect(ports.every((port) => port >= 30_000 && port <= 32_767)).toBe(true);
  expect(made[0]?.body.spec).toMatchObject({ clusterIPs: [addresses[0]], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" });
  const patched = await api.send("PATCH", `${services}/s0`, { metadata: { labels: { a: "b" } } }, merge);
  expect(patched.body.spec).toEqual(made[0]?.body.spec);
});

test("an address of one's own choice: taken, out of range, free again", async () => {
  expect((await api.send("POST", services, aService("a", { clusterIP: "10.96.0.10" }))).status).toBe(201);
  const taken = await api.send("POST", services, aService("b", { clusterIP: "10.96.0.10" }));
  expect([taken.status, taken.body.message]).toEqual([
    422,
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  ]);
  const outside = await api.send("POST", services, aService("b", { clusterIP: "192.168.0.1" }));
  expect(outside.body.message).toBe(
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["192.168.0.1"]: failed to allocate IP 192.168.0.1: the provided IP (192.168.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
  );
  await api.send("DELETE", `${services}/a`);
  await api.clock.settle();
  expect((await api.send("POST", services, aService("b", { clusterIP: "10.96.0.10" }))).status).toBe(201);
});

test("a node port of one's own choice", async () => {
  expect((await api.send("POST", services, aService("a", onPort(30_080)))).status).toBe(201);
  const taken = await api.send("POST", services, aService("b", onPort(30_080)));
  expect(taken.body.message).toBe(
    'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
  );
  const outside = await api.send("POST", services, aService("b", onPort(80)));
  expect(outside.body.message).toBe(
    'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
  );
});

test("headless and external Services have none; a change of type gives and takes", async () => {
  const headless = await api.send("POST", services, aService("h", { clusterIP: "None" }));
  expect(headless.body.spec).toMatchObject({ clusterIP: "None", clusterIPs: ["None"] });
  const outside = await api.send("POST", services, {
    metadata: { name: "e" },
    spec: { type: "ExternalName", externalName: "example.com" },
  });
  expect(outside.body.spec).not.toHaveProperty("clusterIP");
  await api.send("POST", services, aService("a"));
  const wider = await api.send("PATCH", `${services}/a`, { spec: { type: "NodePort" } }, merge);
  const { nodePort } = wider.body.spec.ports[0];
  expect(nodePort).toBeGreaterThanOrEqual(30_000);
  const narrower = await api.send("PATCH", `${services}/a`, { spec: { type: "ClusterIP", ports: [{ port: 80 }] } }, merge);
  expect(narrower.body.spec.ports[0]).not.toHaveProperty("nodePort");
  await api.clock.settle();
  const again = await api.send("POST", services, aService("b", { type: "NodePort", ports: [{ port: 80, nodePort }] }));
  expect(again.status).toBe(201);
});

test("a dry run and a refused Service keep no address", async () => {
  const spec = { clusterIP: "10.96.0.77" };
  expect((await api.send("POST", `${services}?dryRun=All`, aService("a", spec))).status).toBe(201);
  expect((await api.send("POST", services, aService("Bad_Name", spec))).status).toBe(422);
  expect((await api.send("POST", services, aService("a", spec))).status).toBe(201);
});

test("a restart forgets no address", async () => {
  const store = memoryStore();
  const first = await testServer({ store });
  const { body } = await first.send("POST", services, aService("a", { type: "NodePort" }));
  await first[Symbol.asyncDispose]();
  const second = await testServer({ store });
  const { clusterIP, ports } = body.spec;
  expect((await second.send("POST", services, aService("b", { clusterIP }))).status).toBe(422);
  expect(
    (await second.send("POST", services, aService("b", { type: "NodePort", ports: [{ port: 1, nodePort: ports[0].nodePort }] }))).status,
  ).toBe(422);
  await second[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});
