import { describe, expect, it } from "vitest";
import type { Service } from "../../../schema/shapes/core.v1.ts";
import { created, createProblems, rowOf, type Sent, statusProblems, updated, updateProblems } from "../../../testing/kindCases.ts";
import { service } from "./service.ts";

const port = { port: 80, targetPort: 80 };
const withSpec = (spec: Sent): Sent => ({ metadata: { name: "web" }, spec: { ports: [port], selector: { app: "web" }, ...spec } });

describe("defaults", () => {
  it.each([
    [
      "a ClusterIP",
      {},
      {
        type: "ClusterIP",
        sessionAffinity: "None",
        internalTrafficPolicy: "Cluster",
        selector: { app: "web" },
        ports: [{ port: 80, targetPort: 80, protocol: "TCP" }],
      },
    ],
    ["a target port", { ports: [{ port: 8080 }] }, { ports: [{ port: 8080, targetPort: 8080, protocol: "TCP" }] }],
    ["a node port", { type: "NodePort" }, { externalTrafficPolicy: "Cluster", internalTrafficPolicy: "Cluster" }],
    ["a load balancer", { type: "LoadBalancer" }, { externalTrafficPolicy: "Cluster", allocateLoadBalancerNodePorts: true }],
    [
      "an affinity",
      { sessionAffinity: "ClientIP" },
      { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
    ],
    ["the list of addresses", { clusterIP: "None" }, { clusterIP: "None", clusterIPs: ["None"] }],
  ])("give %s", (_, spec, expected) => {
    expect(created(service, withSpec(spec)).spec).toMatchObject(expected);
  });

  it("leave an ExternalName without traffic policies", () => {
    const { spec, status } = created(service, { spec: { type: "ExternalName", externalName: "example.com" } });
    expect(spec).toEqual({ type: "ExternalName", externalName: "example.com", sessionAffinity: "None" });
    expect(status).toEqual({ loadBalancer: {} });
  });
});

describe("validation", () => {
  it.each<[string, Sent, string[]]>([
    ["nothing to say", withSpec({}), []],
    ["a headless Service without ports", withSpec({ clusterIP: "None", ports: [] }), []],
    ["no ports", withSpec({ ports: [] }), ["spec.ports: Required value"]],
    [
      "two ports without names",
      withSpec({ ports: [{ port: 80 }, { port: 81 }] }),
      ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
    ],
    [
      "two ports of one name",
      withSpec({
        ports: [
          { name: "a", port: 80 },
          { name: "a", port: 81 },
        ],
      }),
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      "the same port twice",
      withSpec({
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 80 },
        ],
      }),
      ['spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP","targetPort":0}'],
    ],
    [
      "a port out of range",
      withSpec({ ports: [{ port: 0, targetPort: 1 }] }),
      ["spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"],
    ],
    [
      "a target that is no port",
      withSpec({ ports: [{ port: 80, targetPort: "HTTP!" }] }),
      [
        'spec.ports[0].targetPort: Invalid value: "HTTP!": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'spec.ports[0].targetPort: Invalid value: "HTTP!": must contain at least one letter (a-z)',
      ],
    ],
    [
      "a type that nobody knows",
      withSpec({ type: "Magic" }),
      ['spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    ],
    [
      "a node port on a ClusterIP",
      withSpec({ ports: [{ port: 80, nodePort: 30000 }] }),
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      "no address for a load balancer",
      withSpec({ type: "LoadBalancer", clusterIP: "None" }),
      ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services"],
    ],
    ["no name outside", withSpec({ type: "ExternalName" }), ["spec.externalName: Required value"]],
    [
      "a timeout of nothing",
      withSpec({ sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }),
      ["spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400"],
    ],
    [
      "an address that is none",
      withSpec({ clusterIP: "10.0.0.256" }),
      ['spec.clusterIPs[0]: Invalid value: "10.0.0.256": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      "an external address of the machine itself",
      withSpec({ externalIPs: ["127.0.0.1"] }),
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      "a family of the other sort",
      withSpec({ clusterIP: "10.96.0.9", ipFamilies: ["IPv6"] }),
      ['spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`'],
    ],
    [
      "an outside policy inside",
      withSpec({ externalTrafficPolicy: "Local" }),
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      "a distribution that nobody knows",
      withSpec({ trafficDistribution: "Nearby" }),
      ['spec.trafficDistribution: Unsupported value: "Nearby": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"'],
    ],
    [
      "source ranges for nobody",
      withSpec({ loadBalancerSourceRanges: ["10.0.0.0"] }),
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
  ])("says of %s", (_, sent, problems) => {
    expect(createProblems(service, sent)).toEqual(problems);
  });

  it("wants a name that can be a host's", () => {
    expect(createProblems(service, { ...withSpec({}), metadata: { name: "1web" } })).toEqual([
      "metadata.name: Invalid value: \"1web\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ]);
  });
});

const allocated = withSpec({ clusterIP: "10.96.0.9", ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" });
const exposed = withSpec({ type: "NodePort", clusterIP: "10.96.0.9", ports: [{ ...port, nodePort: 30_080 }] });

describe("updates", () => {
  it("may not change the address", () => {
    expect(updateProblems(service, allocated, ({ spec }) => (spec.clusterIP = "10.96.0.10"))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.10"]: may not change once set',
    ]);
  });

  it("keep what was allocated when the client leaves it out", () => {
    const before = created(service, exposed);
    const next = updated(service, before, ({ spec }) => {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      for (const one of spec.ports ?? []) delete one.nodePort;
    });
    expect(next.spec).toMatchObject({ clusterIP: "10.96.0.9", clusterIPs: ["10.96.0.9"], ports: [{ nodePort: 30_080 }] });
  });

  it("drop what only the former type had", () => {
    const before = created(service, exposed);
    const next = updated(service, before, ({ spec }) => (spec.type = "ClusterIP"));
    expect(next.spec.ports).toEqual([{ port: 80, targetPort: 80, protocol: "TCP" }]);
    expect(next.spec.externalTrafficPolicy).toBeUndefined();
    const named = updated(service, before, ({ spec }) => Object.assign(spec, { type: "ExternalName", externalName: "example.com" }));
    expect(named.spec.clusterIP).toBeUndefined();
    expect(named.spec.clusterIPs).toBeUndefined();
  });
});

const lists = (object: Service, ip: string) => Object.assign(object, { status: { loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } } });

it("takes load balancer addresses, with their mode, only where there is a load balancer", () => {
  expect(statusProblems(service, created(service, withSpec({ type: "LoadBalancer" })), (object) => lists(object, "127.1.0.1"))).toEqual([]);
  expect(statusProblems(service, created(service, withSpec({})), (object) => lists(object, "127.1.0.1"))).toEqual([
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
  ]);
});

const cells = (spec: Sent, status: Service["status"] = {}) =>
  rowOf(service, { ...created(service, withSpec(spec)), status }, "2026-01-01T00:00:00Z");

describe("columns", () => {
  it.each<[string, Sent, Service["status"], Sent]>([
    [
      "inside only",
      { clusterIP: "10.96.0.9" },
      {},
      { Type: "ClusterIP", "Cluster-IP": "10.96.0.9", "External-IP": "<none>", "Port(s)": "80/TCP", Selector: "app=web" },
    ],
    ["headless", { clusterIP: "None", selector: {} }, {}, { "Cluster-IP": "None", Selector: "<none>" }],
    ["a node port", { type: "NodePort", ports: [{ port: 80, nodePort: 30_000 }] }, {}, { "Port(s)": "80:30000/TCP" }],
    ["still waiting", { type: "LoadBalancer" }, {}, { "External-IP": "<pending>" }],
    [
      "balanced",
      { type: "LoadBalancer", externalIPs: ["1.2.3.4"] },
      { loadBalancer: { ingress: [{ ip: "127.1.0.2" }, { hostname: "a.example" }] } },
      { "External-IP": "127.1.0.2,a.example,1.2.3.4" },
    ],
    ["a name", { type: "ExternalName", externalName: "example.com", ports: [] }, {}, { "External-IP": "example.com", "Port(s)": "<none>" }],
  ])("show %s", (_, spec, status, expected) => {
    expect(cells(spec, status)).toMatchObject(expected);
  });
});
