import { describe, expect, it } from "vitest";
import type { Service } from "../../schema/shapes/core.v1.ts";
import { aService, type ServiceParts } from "../../testing/objects.ts";
import { formatIPv4 } from "../../base/ipv4.ts";
import { firstFree, inRange, parseRange } from "./addressRange.ts";
import { cleanupFinalizer, plan, type Action } from "./plan.ts";

const range = parseRange("127.1.0.0/16");

function balanced(parts: ServiceParts & { ip?: string } = {}): Service {
  const service = aService("web", { ...parts, spec: { type: "LoadBalancer", ...parts.spec } });
  if (parts.ip !== undefined) service.status = { loadBalancer: { ingress: [{ ip: parts.ip, ipMode: "VIP" }] } };
  return service;
}

const run = (service: Service, taken: string[] = [], loadBalancerClass?: string) =>
  plan({ service, range, taken: new Set(taken), loadBalancerClass });

/** Actions in short form. */
function told(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    if (action.type === "event") return `${action.level} ${action.reason}: ${action.message}`;
    if (action.type === "setIngress") return `ingress ${action.ingress.map((entry) => `${entry.ip} ${entry.ipMode}`).join()}`;
    return `${action.type} ${action.finalizers.join()}`;
  });
}

const held = { finalizers: [cleanupFinalizer] };

describe("a Service of type LoadBalancer", () => {
  it("gets the lowest free address, with the finalizer first and upstream's events around", () => {
    expect(told(run(balanced(), ["127.1.0.1", "127.1.0.3"]).actions)).toEqual([
      "Normal EnsuringLoadBalancer: Ensuring load balancer",
      `addFinalizer ${cleanupFinalizer}`,
      "ingress 127.1.0.2 VIP",
      "Normal EnsuredLoadBalancer: Ensured load balancer",
    ]);
  });

  it("keeps other finalizers", () => {
    expect(told(run(balanced({ finalizers: ["x/y"] })).actions)).toContain(`addFinalizer x/y,${cleanupFinalizer}`);
  });

  const kept: [string, Service, string[]][] = [
    ["keeps what it has", balanced({ ...held, ip: "127.1.0.9" }), []],
    ["keeps what it asked for", balanced({ ...held, ip: "127.1.7.7", spec: { loadBalancerIP: "127.1.7.7" } }), []],
    ["is left alone with a class of its own", balanced({ spec: { loadBalancerClass: "other/lb" } }), []],
    ["of another type needs nothing", aService("web"), []],
  ];
  it.each(kept)("%s", (_name, service, taken) => expect(run(service, taken)).toEqual({ actions: [], unmet: false }));

  const moved: [string, Service, string[], string][] = [
    ["gets what it asks for", balanced({ ...held, spec: { loadBalancerIP: "127.1.7.7" } }), [], "ingress 127.1.7.7 VIP"],
    [
      "changes to what it asks for",
      balanced({ ...held, ip: "127.1.0.1", spec: { loadBalancerIP: "127.1.7.7" } }),
      [],
      "ingress 127.1.7.7 VIP",
    ],
    ["leaves an address that another holds", balanced({ ...held, ip: "127.1.0.1" }), ["127.1.0.1"], "ingress 127.1.0.2 VIP"],
    ["leaves an address of a former range", balanced({ ...held, ip: "127.9.0.1" }), [], "ingress 127.1.0.1 VIP"],
  ];
  it.each(moved)("%s", (_name, service, taken, expected) => expect(told(run(service, taken).actions)).toContain(expected));

  it("is served when its class is ours", () => {
    expect(told(run(balanced({ spec: { loadBalancerClass: "cox/lb" } }), [], "cox/lb").actions)).toContain("ingress 127.1.0.1 VIP");
  });

  const refused: [string, Service, string[], string][] = [
    [
      "outside the range",
      balanced({ spec: { loadBalancerIP: "10.0.0.1" } }),
      [],
      "requested address 10.0.0.1 is outside the range of load balancer addresses",
    ],
    [
      "held by another",
      balanced({ spec: { loadBalancerIP: "127.1.0.5" } }),
      ["127.1.0.5"],
      "requested address 127.1.0.5 is used by another Service",
    ],
  ];
  it.each(refused)("a wish %s is refused with an event", (_name, service, taken, problem) => {
    expect(run(service, taken)).toEqual({
      unmet: true,
      actions: [
        {
          type: "event",
          level: "Warning",
          reason: "SyncLoadBalancerFailed",
          message: `Error syncing load balancer: failed to ensure load balancer: ${problem}`,
        },
      ],
    });
  });

  it("waits when all addresses are in use", () => {
    const full = plan({
      service: balanced(),
      range: parseRange("127.1.0.0/30"),
      taken: new Set(["127.1.0.1", "127.1.0.2"]),
      loadBalancerClass: undefined,
    });
    expect(full.unmet).toBe(true);
    expect(told(full.actions)[0]).toContain("all load balancer addresses are in use");
  });
});

describe("what was given is taken back", () => {
  const cases: [string, Service][] = [
    ["when the type changes", aService("web", held)],
    ["when it is deleted", balanced({ ...held, deleted: "2026-01-01T00:00:00Z" })],
  ];
  it.each(cases)("%s", (_name, service) => {
    service.status = { loadBalancer: { ingress: [{ ip: "127.1.0.1", ipMode: "VIP" }] } };
    expect(told(run(service).actions)).toEqual([
      "Normal DeletingLoadBalancer: Deleting load balancer",
      "ingress ",
      "removeFinalizer ",
      "Normal DeletedLoadBalancer: Deleted load balancer",
    ]);
  });
});

describe("address ranges", () => {
  it.each([
    ["127.1.0.0/16", "127.1.0.1", "127.1.255.254"],
    ["127.0.10.77/24", "127.0.10.1", "127.0.10.254"],
    ["10.0.0.0/30", "10.0.0.1", "10.0.0.2"],
  ])("%s goes from %s to %s", (cidr, first, last) => {
    const parsed = parseRange(cidr);
    expect([formatIPv4(parsed.first), formatIPv4(parsed.last)]).toEqual([first, last]);
    expect([inRange(parsed, first), inRange(parsed, last)]).toEqual([true, true]);
  });
  it.each(["", "127.0.0.0", "127.0.0.0/0", "127.0.0.0/31", "127.0.0/8", "300.0.0.0/8", "::1/64", "127.0.0.0/x"])("%j is refused", (cidr) =>
    expect(() => parseRange(cidr)).toThrow("is not an IPv4 range"),
  );
  it("gives out nothing when everything is taken", () =>
    expect(firstFree(parseRange("10.0.0.0/30"), new Set(["10.0.0.1", "10.0.0.2"]))).toBeUndefined());
});
