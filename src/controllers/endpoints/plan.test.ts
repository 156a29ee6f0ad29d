import { describe, expect, it } from "vitest";
import type { Endpoints, Pod } from "../../schema/shapes/core.v1.ts";
import { aPod, aService } from "../../testing/objects.ts";
import { plan } from "./plan.ts";

const deleted = "2026-01-01T00:00:00Z";

function made(...args: Parameters<typeof plan>): Endpoints {
  const action = plan(...args);
  if (action.type === "none") throw new Error("nothing was planned");
  return action.endpoints;
}

const ips = ({ subsets = [] }: Endpoints, which: "addresses" | "notReadyAddresses"): string[] =>
  subsets.flatMap((subset) => (subset[which] ?? []).map((address) => address.ip));

function serving(name: string, ip: string, port: number): Pod {
  return aPod(name, { ip, spec: { containers: [{ name: "c", image: "i", ports: [{ name: "http", containerPort: port }] }] } });
}

describe("a Service's Endpoints", () => {
  it("bear its name and labels, and list ready and other pods with their ports", () => {
    const service = aService("web", { labels: { team: "x" }, spec: { ports: [{ name: "http", port: 80, targetPort: 8080 }] } });
    const pods = [
      aPod("b", { ip: "10.0.0.2", node: "n2", ready: false }),
      aPod("a", { ip: "10.0.0.1", node: "n1", spec: { hostname: "a", subdomain: "web" } }),
    ];
    expect(plan(service, pods, undefined)).toEqual({
      type: "create",
      endpoints: {
        metadata: {
          name: "web",
          namespace: "default",
          labels: { team: "x", "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
          annotations: {},
        },
        subsets: [
          {
            addresses: [
              { ip: "10.0.0.1", hostname: "a", nodeName: "n1", targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "uid-a" } },
            ],
            notReadyAddresses: [
              { ip: "10.0.0.2", nodeName: "n2", targetRef: { kind: "Pod", namespace: "default", name: "b", uid: "uid-b" } },
            ],
            ports: [{ name: "http", port: 8080, protocol: "TCP" }],
          },
        ],
      },
    });
  });

  const cases: [string, Parameters<typeof aPod>[1], boolean, "addresses" | "notReadyAddresses" | undefined][] = [
    ["ready", {}, false, "addresses"],
    ["not ready", { ready: false }, false, "notReadyAddresses"],
    ["not ready, published", { ready: false }, true, "addresses"],
    ["terminating", { deleted }, false, undefined],
    ["terminating, published", { deleted }, true, "addresses"],
    ["over", { phase: "Failed" }, true, undefined],
  ];
  it.each(cases)("pod %s", (_name, parts, publishNotReadyAddresses, where) => {
    const endpoints = made(aService("web", { spec: { publishNotReadyAddresses } }), [aPod("p", { ip: "10.0.0.1", ...parts })], undefined);
    expect(ips(endpoints, "addresses")).toEqual(where === "addresses" ? ["10.0.0.1"] : []);
    expect(ips(endpoints, "notReadyAddresses")).toEqual(where === "notReadyAddresses" ? ["10.0.0.1"] : []);
  });

  it("named ports of different numbers make several subsets; a pod without the port is left out", () => {
    const service = aService("web", { spec: { ports: [{ port: 80, targetPort: "http" }] } });
    const endpoints = made(service, [serving("a", "10.0.0.1", 81), serving("b", "10.0.0.2", 82), aPod("c", { ip: "10.0.0.3" })], undefined);
    expect(endpoints.subsets?.map((s) => [s.ports?.[0]?.port, s.addresses?.[0]?.ip])).toEqual([
      [81, "10.0.0.1"],
      [82, "10.0.0.2"],
    ]);
  });

  it("headless without ports", () => {
    const endpoints = made(aService("db", { spec: { clusterIP: "None", ports: [] } }), [aPod("a", { ip: "10.0.0.1" })], undefined);
    expect(endpoints.subsets).toMatchObject([{ addresses: [{ ip: "10.0.0.1" }] }]);
    expect(endpoints.metadata.labels).toHaveProperty(["service.kubernetes.io/headless"], "");
  });

  it("nothing is written when nothing changed, however the server orders and pads fields", () => {
    const service = aService("web");
    const pods = [aPod("a", { ip: "10.0.0.1", node: "n1" })];
    const { metadata, subsets } = made(service, pods, undefined);
    const ports = subsets?.[0]?.ports?.map(({ port, protocol }) => ({ protocol, port, name: "" }));
    const stored: Endpoints = { subsets: [{ ports, notReadyAddresses: [], addresses: subsets?.[0]?.addresses }], metadata };
    expect(plan(service, pods, stored)).toEqual({ type: "none" });
    expect(plan(service, [], stored)).toMatchObject({ type: "update", endpoints: { subsets: [] } });
    expect(plan(aService("web", { labels: { a: "b" } }), pods, stored).type).toBe("update");
  });

  it("more than 1,000 addresses are cut off, ready ones kept first, and annotated until they fit again", () => {
    const service = aService("web");
    const pods = Array.from({ length: 1300 }, (_, i) => aPod(`p${i}`, { ip: `10.${Math.floor(i / 250)}.0.${i % 250}`, ready: i >= 400 }));
    const endpoints = made(service, pods, undefined);
    expect(ips(endpoints, "addresses")).toHaveLength(900);
    expect(ips(endpoints, "notReadyAddresses")).toHaveLength(100);
    expect(endpoints.metadata.annotations).toEqual({ "endpoints.kubernetes.io/over-capacity": "truncated" });
    expect(made(service, pods.slice(0, 10), endpoints).metadata.annotations).toEqual({});
  });
});
