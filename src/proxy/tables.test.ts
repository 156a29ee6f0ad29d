import { describe, expect, it } from "vitest";
import type { Endpoint, EndpointSlice } from "../schema/shapes/discovery.v1.ts";
import { aMeta, aService, type ServiceParts } from "../testing/objects.ts";
import { rulesOf } from "./tables.ts";

const endpoint = (ip: string, parts: Partial<Endpoint> = {}): Endpoint => ({ addresses: [ip], ...parts });
const slice = (endpoints: Endpoint[], parts: Partial<EndpointSlice> = {}): EndpointSlice => ({
  metadata: aMeta("web-x", { namespace: "default", labels: { "kubernetes.io/service-name": "web" } }),
  addressType: "IPv4",
  ports: [{ name: "", port: 8080, protocol: "TCP" }],
  endpoints,
  ...parts,
});
const ready = { conditions: { ready: true, serving: true, terminating: false } };
const unready = { conditions: { ready: false, serving: false, terminating: false } };
const draining = { conditions: { ready: false, serving: true, terminating: true } };
const leaving = { conditions: { ready: false, serving: false, terminating: true } };

const backends = (slices: EndpointSlice[], parts: ServiceParts = {}): string[] =>
  rulesOf(aService("web", parts), slices).flatMap((rule) => rule.backends.map((b) => `${b.ip}:${b.port}`));

it("a Service's rule, whole", () => {
  const service = aService("web", {
    spec: {
      type: "LoadBalancer",
      ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30080, protocol: "TCP" }],
      externalIPs: ["192.0.2.1"],
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
      internalTrafficPolicy: "Cluster",
      externalTrafficPolicy: "Local",
    },
  });
  service.status = {
    loadBalancer: { ingress: [{ ip: "127.1.0.1", ipMode: "VIP" }, { ip: "127.1.0.2", ipMode: "Proxy" }, { hostname: "x" }] },
  };
  const targetRef = { kind: "Pod", name: "web-1" };
  expect(
    rulesOf(service, [slice([endpoint("10.0.0.1", { ...ready, nodeName: "n1", targetRef })], { ports: [{ name: "http", port: 8080 }] })]),
  ).toEqual([
    {
      id: "default/web:http",
      protocol: "TCP",
      clusterIP: "10.96.0.5",
      port: 80,
      nodePort: 30080,
      externalIPs: ["192.0.2.1"],
      loadBalancerIPs: ["127.1.0.1"],
      affinitySeconds: 60,
      internalPolicy: "Cluster",
      externalPolicy: "Local",
      backends: [{ ip: "10.0.0.1", port: 8080, nodeName: "n1", podName: "web-1" }],
    },
  ]);
});

describe("backends", () => {
  const cases: [string, Endpoint[], string[]][] = [
    ["ready ones, sorted", [endpoint("10.0.0.2", ready), endpoint("10.0.0.1", ready)], ["10.0.0.1:8080", "10.0.0.2:8080"]],
    ["what isn't said is ready", [endpoint("10.0.0.1")], ["10.0.0.1:8080"]],
    ["not unready ones", [endpoint("10.0.0.1", unready), endpoint("10.0.0.2", ready)], ["10.0.0.2:8080"]],
    ["not draining ones while others are ready", [endpoint("10.0.0.1", draining), endpoint("10.0.0.2", ready)], ["10.0.0.2:8080"]],
    [
      "draining ones when nothing is ready",
      [endpoint("10.0.0.1", draining), endpoint("10.0.0.2", leaving), endpoint("10.0.0.3", unready)],
      ["10.0.0.1:8080"],
    ],
    ["none", [endpoint("10.0.0.1", unready)], []],
    ["each once", [endpoint("10.0.0.1", ready), endpoint("10.0.0.1", ready)], ["10.0.0.1:8080"]],
  ];
  it.each(cases)("%s", (_name, endpoints, expected) => expect(backends([slice(endpoints)])).toEqual(expected));

  it("come from all slices, each with its own port number", () => {
    const other = slice([endpoint("10.0.0.2", ready)], { ports: [{ name: "", port: 9090 }] });
    expect(backends([slice([endpoint("10.0.0.1", ready)]), other])).toEqual(["10.0.0.1:8080", "10.0.0.2:9090"]);
  });
  it("are matched by port name", () => {
    const ports = [
      { name: "a", port: 80 },
      { name: "b", port: 81 },
    ];
    const slices = [slice([endpoint("10.0.0.1", ready)], { ports: [{ name: "b", port: 8081 }] })];
    expect(rulesOf(aService("web", { spec: { ports } }), slices).map((rule) => [rule.id, rule.backends.length])).toEqual([
      ["default/web:a", 0],
      ["default/web:b", 1],
    ]);
  });
  it("of IPv6 slices and of slices without port numbers are left out", () => {
    expect(
      backends([
        slice([endpoint("fd00::1", ready)], { addressType: "IPv6" }),
        slice([endpoint("10.0.0.1", ready)], { ports: [{ name: "" }] }),
      ]),
    ).toEqual([]);
  });
});

describe("no rule", () => {
  const cases: [string, ServiceParts][] = [
    ["headless", { spec: { clusterIP: "None" } }],
    ["not yet allocated", { spec: { clusterIP: "" } }],
    ["ExternalName", { spec: { type: "ExternalName" } }],
    ["another proxy's", { labels: { "service.kubernetes.io/service-proxy-name": "other" } }],
    ["no ports", { spec: { ports: [] } }],
  ];
  it.each(cases)("%s", (_name, parts) => expect(rulesOf(aService("web", parts), [])).toEqual([]));
});

it("affinity has upstream's default of three hours", () =>
  expect(rulesOf(aService("web", { spec: { sessionAffinity: "ClientIP" } }), [])[0]?.affinitySeconds).toBe(10_800));
