/** Ingress, IngressClass and NetworkPolicy. */
import { describe, expect, it } from "vitest";
import { created, createProblems, rowOf, type Sent, updateProblems } from "../../../testing/kindCases.ts";
import { ingress } from "./ingress.ts";
import { ingressClass } from "./ingressClass.ts";
import { networkPolicy } from "./networkPolicy.ts";

const now = "2026-01-01T00:00:00Z";
const backend = { service: { name: "web", port: { number: 80 } } };
const path = (parts: Sent = {}): Sent => ({ path: "/", pathType: "Prefix", backend, ...parts });
const rule = (...paths: Sent[]): Sent => ({ host: "a.example", http: { paths } });

describe("Ingress", () => {
  const at = "spec.rules[0].http.paths[0]";
  it.each<[string, Sent, string[]]>([
    ["a rule", { rules: [rule(path())] }, []],
    ["a default alone", { defaultBackend: backend }, []],
    ["nothing", {}, ["spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"]],
    ["no type of path", { rules: [rule(path({ pathType: undefined }))] }, [`${at}.pathType: Required value: pathType must be specified`]],
    [
      "a type that nobody knows",
      { rules: [rule(path({ pathType: "Regex" }))] },
      [`${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    ["a relative path", { rules: [rule(path({ path: "x" }))] }, [`${at}.path: Invalid value: "x": must be an absolute path`]],
    ["a path that climbs", { rules: [rule(path({ path: "/a/../b" }))] }, [`${at}.path: Invalid value: "/a/../b": must not contain '/../'`]],
    ["no backend", { rules: [rule(path({ backend: {} }))] }, [`${at}.backend: Invalid value: "": resource or service backend is required`]],
    [
      "a backend without a port",
      { rules: [rule(path({ backend: { service: { name: "web" } } }))] },
      [`${at}.backend: Required value: port name or number is required`],
    ],
    [
      "an address for a host",
      { rules: [{ host: "10.0.0.1" }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    ["a wild card", { rules: [{ host: "*.example.com" }], tls: [{ hosts: ["*.example.com"], secretName: "tls" }] }, []],
  ])("says of %s", (_, spec, problems) => {
    expect(createProblems(ingress, { spec })).toEqual(problems);
  });

  it("shows hosts, address and ports", () => {
    const spec = { ingressClassName: "nginx", rules: ["a", "b", "c", "d"].map((host) => ({ host })), tls: [{ hosts: ["a"] }] };
    const object = { ...created(ingress, { spec }), status: { loadBalancer: { ingress: [{ ip: "127.1.0.1" }] } } };
    expect(rowOf(ingress, object, now)).toMatchObject({
      Class: "nginx",
      Hosts: "a,b,c + 1 more...",
      Address: "127.1.0.1",
      Ports: "80, 443",
    });
    expect(rowOf(ingress, created(ingress, { spec: { defaultBackend: backend } }), now)).toMatchObject({
      Class: "<none>",
      Hosts: "*",
      Ports: "80",
    });
  });
});

describe("IngressClass", () => {
  const spec = { controller: "example.com/ingress", parameters: { apiGroup: "k8s.example.com", kind: "Parameters", name: "p" } };
  it("has parameters in the cluster where nothing else is said", () => {
    const object = created(ingressClass, { spec });
    expect(object.spec.parameters?.scope).toBe("Cluster");
    expect(rowOf(ingressClass, object, now)).toMatchObject({
      Controller: "example.com/ingress",
      Parameters: "parameters.k8s.example.com/p",
    });
  });

  it("wants a controller, and keeps it", () => {
    expect(createProblems(ingressClass, {})).toEqual(["spec.controller: Required value"]);
    expect(createProblems(ingressClass, { spec: { controller: "nginx" } })).toEqual([
      'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
    ]);
    expect(updateProblems(ingressClass, { spec }, (object) => (object.spec.controller = "example.com/other"))).toEqual([
      'spec.controller: Invalid value: "example.com/other": field is immutable',
    ]);
  });
});

describe("NetworkPolicy", () => {
  it("is about what comes in, and about what goes out where it says so", () => {
    expect(created(networkPolicy, { spec: { podSelector: {} } }).spec.policyTypes).toEqual(["Ingress"]);
    const both = created(networkPolicy, { spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } }).spec;
    expect(both).toMatchObject({ policyTypes: ["Ingress", "Egress"], egress: [{ ports: [{ port: 53, protocol: "TCP" }] }] });
  });

  it.each<[string, Sent, string[]]>([
    ["a peer that is none", { ingress: [{ from: [{}] }] }, ["spec.ingress[0].from[0]: Required value: must specify a peer"]],
    [
      "a peer of two sorts",
      { ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }] }] },
      ["spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"],
    ],
    [
      "an exception from elsewhere",
      { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } }] }] },
      ['spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      "a range that runs backwards",
      { ingress: [{ ports: [{ port: 80, endPort: 79 }] }] },
      ["spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`"],
    ],
    [
      "a direction that nobody knows",
      { policyTypes: ["Sideways"] },
      ['spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"'],
    ],
  ])("says of %s", (_, spec, problems) => {
    expect(createProblems(networkPolicy, { spec: { podSelector: {}, ...spec } })).toEqual(problems);
  });
});
