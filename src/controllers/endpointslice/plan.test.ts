import { describe, expect, it } from "vitest";
import type { Pod, Service } from "../../schema/shapes/core.v1.ts";
import type { EndpointSlice } from "../../schema/shapes/discovery.v1.ts";
import { aNode, aPod, aService } from "../../testing/objects.ts";
import { plan } from "./plan.ts";
import type { Action } from "./slices.ts";

const zones: Record<string, string> = { n1: "a", n2: "b" };

const nodeOf = (name: string) => (zones[name] === undefined ? undefined : aNode(name, { zone: zones[name] }));

function run(service: Service, pods: readonly Pod[], slices: readonly EndpointSlice[] = [], maxEndpoints = 100) {
  return plan({ service, pods, nodeOf, slices, maxEndpoints });
}

/** What the API would hold after the actions. */
function applied(slices: readonly EndpointSlice[], actions: readonly Action[]): EndpointSlice[] {
  const held = new Map(slices.map((slice) => [slice.metadata.name, slice]));
  let fresh = 0;
  for (const { type, slice } of actions) {
    if (type === "create") {
      fresh += 1;
      const name = `${slice.metadata.generateName}${held.size}${fresh}`;
      held.set(name, { ...slice, metadata: { ...slice.metadata, name } });
    } else if (type === "update") held.set(slice.metadata.name, slice);
    else held.delete(slice.metadata.name);
  }
  return [...held.values()];
}

const addressesOf = (slices: readonly EndpointSlice[]): string[] => slices.flatMap((s) => s.endpoints.flatMap((e) => e.addresses)).sort();
/** The one slice that a case is about. */
function only(slices: readonly EndpointSlice[]): EndpointSlice {
  const [slice, ...more] = slices;
  if (slice === undefined || more.length > 0) throw new Error(`expected one slice, not ${slices.length}`);
  return slice;
}
const kindsOf = (actions: readonly Action[]): string[] => actions.map((a) => a.type);
const manyPods = (count: number, from = 0): Pod[] =>
  Array.from({ length: count }, (_, i) =>
    aPod(`p${String(from + i).padStart(4, "0")}`, { ip: `10.244.${Math.floor((from + i) / 250)}.${(from + i) % 250}`, node: "n1" }),
  );

describe("a Service's first slice", () => {
  it("holds address, conditions, node, zone, target and ports", () => {
    const service = aService("web", { labels: { team: "x" } });
    const [action, ...more] = run(service, [aPod("web-1", { ip: "10.244.1.2", node: "n1" })]).actions;
    expect(more).toEqual([]);
    expect(action).toEqual({
      type: "create",
      slice: {
        metadata: {
          name: "",
          generateName: "web-",
          namespace: "default",
          labels: {
            team: "x",
            "kubernetes.io/service-name": "web",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          },
          ownerReferences: [{ apiVersion: "v1", kind: "Service", name: "web", uid: "uid-web", controller: true, blockOwnerDeletion: true }],
        },
        addressType: "IPv4",
        ports: [{ name: "", protocol: "TCP", port: 80 }],
        endpoints: [
          {
            addresses: ["10.244.1.2"],
            conditions: { ready: true, serving: true, terminating: false },
            nodeName: "n1",
            zone: "a",
            targetRef: { kind: "Pod", namespace: "default", name: "web-1", uid: "uid-web-1" },
          },
        ],
      },
    });
  });

  it("is an empty placeholder where no pod serves, and then stays untouched", () => {
    const service = aService("web");
    const first = applied([], run(service, []).actions);
    expect(first).toMatchObject([{ endpoints: [], ports: [] }]);
    expect(run(service, [], first).actions).toEqual([]);
  });

  it("is rewritten, not replaced, when the first pod comes and when the last goes", () => {
    const service = aService("web");
    const empty = applied([], run(service, []).actions);
    const pods = [aPod("web-1", { ip: "10.244.1.2", node: "n1" })];
    const coming = run(service, pods, empty).actions;
    expect(kindsOf(coming)).toEqual(["update"]);
    const going = run(service, [], applied(empty, coming)).actions;
    expect(kindsOf(going)).toEqual(["update"]);
    expect(going[0]?.slice).toMatchObject({ endpoints: [], ports: [] });
  });
});

describe("conditions", () => {
  const cases: [string, Parameters<typeof aPod>[1], boolean, object | undefined][] = [
    ["ready", {}, false, { ready: true, serving: true, terminating: false }],
    ["not ready", { ready: false }, false, { ready: false, serving: false, terminating: false }],
    ["not ready but published", { ready: false }, true, { ready: true, serving: false, terminating: false }],
    ["terminating, still serving", { deleted: "2026-01-01T00:00:00Z" }, false, { ready: false, serving: true, terminating: true }],
    [
      "terminating, not serving",
      { deleted: "2026-01-01T00:00:00Z", ready: false },
      false,
      { ready: false, serving: false, terminating: true },
    ],
    ["failed", { phase: "Failed" }, false, undefined],
    ["succeeded", { phase: "Succeeded" }, false, undefined],
  ];
  it.each(cases)("%s", (_name, parts, publish, expected) => {
    const service = aService("web", { spec: { publishNotReadyAddresses: publish } });
    const slice = only(applied([], run(service, [aPod("web-1", { ip: "10.244.1.2", node: "n1", ...parts })]).actions));
    expect(slice?.endpoints[0]?.conditions).toEqual(expected);
  });

  it("a pod without an address is no endpoint", () => {
    expect(addressesOf(applied([], run(aService("web"), [aPod("web-1", { node: "n1" })]).actions))).toEqual([]);
  });

  it("a pod on an unknown node waits, unless not-ready addresses are published", () => {
    const pod = aPod("web-1", { ip: "10.244.1.2", node: "gone" });
    const waiting = run(aService("web"), [pod]);
    expect(waiting.onUnknownNodes).toBe(1);
    expect(addressesOf(applied([], waiting.actions))).toEqual([]);
    const published = run(aService("web", { spec: { publishNotReadyAddresses: true } }), [pod]);
    expect(addressesOf(applied([], published.actions))).toEqual(["10.244.1.2"]);
  });
});

function named(name: string, port: number, ip: string): Pod {
  const ports = [{ name: "http", containerPort: port, protocol: "TCP" }];
  return aPod(name, { ip, node: "n1", spec: { containers: [{ name: "c", image: "i", ports }] } });
}

describe("ports", () => {
  const service = aService("web", {
    spec: { ports: [{ name: "web", port: 80, targetPort: "http", protocol: "TCP", appProtocol: "http" }] },
  });

  it("named ones are looked up in each pod; different numbers need different slices", () => {
    const slices = applied(
      [],
      run(service, [named("a", 8080, "10.0.0.1"), named("b", 9090, "10.0.0.2"), named("c", 8080, "10.0.0.3")]).actions,
    );
    expect(slices.map((s) => [s.ports, s.endpoints.map((e) => e.addresses[0])])).toEqual([
      [[{ name: "web", protocol: "TCP", port: 8080, appProtocol: "http" }], ["10.0.0.1", "10.0.0.3"]],
      [[{ name: "web", protocol: "TCP", port: 9090, appProtocol: "http" }], ["10.0.0.2"]],
    ]);
  });

  it("are found in sidecar containers too", () => {
    const pod = aPod("a", {
      ip: "10.0.0.1",
      node: "n1",
      spec: { initContainers: [{ name: "s", image: "i", restartPolicy: "Always", ports: [{ name: "http", containerPort: 81 }] }] },
    });
    expect(applied([], run(service, [pod]).actions)[0]?.ports).toMatchObject([{ port: 81 }]);
  });

  it("a headless Service may have none, and is labelled", () => {
    const headless = aService("db", { spec: { clusterIP: "None", ports: [] } });
    const [slice] = applied(
      [],
      run(headless, [aPod("db-0", { ip: "10.0.0.1", node: "n1", spec: { hostname: "db-0", subdomain: "db" } })]).actions,
    );
    expect(slice).toMatchObject({ ports: [], endpoints: [{ addresses: ["10.0.0.1"], hostname: "db-0" }] });
    expect(slice?.metadata.labels).toHaveProperty(["service.kubernetes.io/headless"], "");
  });

  it("a changed target port rewrites the slice in place", () => {
    const pods = [aPod("a", { ip: "10.0.0.1", node: "n1" })];
    const before = applied([], run(aService("web"), pods).actions);
    const actions = run(aService("web", { spec: { ports: [{ port: 80, targetPort: 8080 }] } }), pods, before).actions;
    expect(kindsOf(actions)).toEqual(["update"]);
    expect(actions[0]?.slice).toMatchObject({ ports: [{ port: 8080 }], endpoints: [{ addresses: ["10.0.0.1"] }] });
  });
});

describe("blue and green", () => {
  it("a new selector's pods take the slice over in one write", () => {
    const service = aService("web");
    const blue = [aPod("blue-1", { ip: "10.0.0.1", node: "n1" }), aPod("blue-2", { ip: "10.0.0.2", node: "n2" })];
    const green = [aPod("green-1", { ip: "10.0.1.1", node: "n1" }), aPod("green-2", { ip: "10.0.1.2", node: "n2" })];
    const before = applied([], run(service, blue).actions);
    const actions = run(service, green, before).actions;
    expect(kindsOf(actions)).toEqual(["update"]);
    expect(actions[0]?.slice.metadata.name).toBe(before[0]?.metadata.name);
    expect(addressesOf(applied(before, actions))).toEqual(["10.0.1.1", "10.0.1.2"]);
  });
});

describe("many endpoints", () => {
  const service = aService("web");

  it("are spread over slices of at most the limit", () => {
    const slices = applied([], run(service, manyPods(250)).actions);
    expect(slices.map((s) => s.endpoints.length)).toEqual([100, 100, 50]);
  });

  it("one more goes into the fullest slice with room: one write", () => {
    const pods = manyPods(250);
    const before = applied([], run(service, pods).actions);
    const actions = run(service, [...pods, ...manyPods(1, 250)], before).actions;
    expect(actions.map((a) => [a.type, a.slice.endpoints.length])).toEqual([["update", 51]]);
  });

  it("one less touches only its slice, and a freed place is used first", () => {
    const pods = manyPods(250);
    const before = applied([], run(service, pods).actions);
    const gone = run(service, pods.slice(1), before).actions;
    expect(gone.map((a) => [a.type, a.slice.endpoints.length])).toEqual([["update", 99]]);
    const swapped = run(service, [...pods.slice(1), ...manyPods(1, 250)], before).actions;
    expect(swapped.map((a) => [a.type, a.slice.endpoints.length])).toEqual([["update", 100]]);
  });

  it("a readiness change rewrites one slice", () => {
    const pods = manyPods(250);
    const before = applied([], run(service, pods).actions);
    const unready = pods.map((p, i) => (i === 120 ? aPod(p.metadata.name, { ip: p.status?.podIP ?? "", node: "n1", ready: false }) : p));
    expect(kindsOf(run(service, unready, before).actions)).toEqual(["update"]);
  });

  it("slices that emptied go away, all but what is needed", () => {
    const pods = manyPods(250);
    const before = applied([], run(service, pods).actions);
    const after = applied(before, run(service, pods.slice(0, 10), before).actions);
    expect(after.map((s) => s.endpoints.length)).toEqual([10]);
    expect(applied(after, run(service, [], after).actions)).toMatchObject([{ endpoints: [], ports: [] }]);
  });

  it("a smaller limit splits an overfull slice", () => {
    const pods = manyPods(30);
    const before = applied([], run(service, pods).actions);
    const after = applied(before, run(service, pods, before, 20).actions);
    expect(after.map((s) => s.endpoints.length).sort()).toEqual([10, 20]);
    expect(addressesOf(after)).toEqual(addressesOf(before));
  });
});

describe("rest and repair", () => {
  it("settles: a second pass finds nothing to do, whatever happened before", () => {
    const service = aService("web");
    let slices: EndpointSlice[] = [];
    for (const count of [3, 150, 90, 0, 7, 101, 1]) {
      const pods = manyPods(count, count);
      slices = applied(slices, run(service, pods, slices).actions);
      expect(addressesOf(slices)).toEqual(pods.map((p) => p.status?.podIP ?? "").sort());
      expect(run(service, pods, slices).actions).toEqual([]);
    }
  });

  it("labels that were changed by hand or on the Service are put right", () => {
    const pods = [aPod("a", { ip: "10.0.0.1", node: "n1" })];
    const slice = only(applied([], run(aService("web"), pods).actions));
    const spoilt = { ...slice, metadata: { ...slice.metadata, labels: { "kubernetes.io/service-name": "web" } } };
    expect(kindsOf(run(aService("web"), pods, [spoilt]).actions)).toEqual(["update"]);
    expect(kindsOf(run(aService("web", { labels: { a: "b" } }), pods, [slice]).actions)).toEqual(["update"]);
  });

  it("a family that the Service no longer has loses its slices", () => {
    const dual = aService("web", { spec: { ipFamilies: ["IPv4", "IPv6"] } });
    const pod = aPod("a", { node: "n1", status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] } });
    const both = applied([], run(dual, [pod]).actions);
    expect(both.map((s) => [s.addressType, s.endpoints[0]?.addresses])).toEqual([
      ["IPv4", ["10.0.0.1"]],
      ["IPv6", ["fd00::1"]],
    ]);
    expect(run(aService("web"), [pod], both).actions).toMatchObject([{ type: "delete", slice: { addressType: "IPv6" } }]);
  });

  it("hints follow trafficDistribution", () => {
    const near = aService("web", { spec: { trafficDistribution: "PreferSameZone" } });
    const slice = only(applied([], run(near, [aPod("a", { ip: "10.0.0.1", node: "n2" })]).actions));
    expect(slice?.endpoints[0]?.hints).toEqual({ forZones: [{ name: "b" }] });
    expect(kindsOf(run(aService("web"), [aPod("a", { ip: "10.0.0.1", node: "n2" })], [slice]).actions)).toEqual(["update"]);
  });
});
