import { createSocket } from "node:dgram";
import { Resolver as NodeResolver } from "node:dns/promises";
import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { seededRng } from "../base/rng.ts";
import { silentLog } from "../base/log.ts";
import { aMeta, aService } from "../testing/objects.ts";
import type { EndpointSlice } from "../schema/shapes/discovery.v1.ts";
import { zoneService } from "./clusterView.ts";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { nameOf, recordType, type Message } from "./message.ts";
import { createDnsServer, type DnsServer, type DnsTransport, type Resolver } from "./server.ts";
import { ClusterZone, type ZoneService, type ZoneView } from "./zone.ts";

const ready = { ready: true, serving: true, terminating: false };
const sliceOf = (name: string, count: number): EndpointSlice => ({
  metadata: aMeta(`${name}-1`, { namespace: "default", labels: { "kubernetes.io/service-name": name } }),
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints: [
    ...Array.from({ length: count }, (_, i) => ({ addresses: [`10.244.1.${i}`], hostname: `db-${i}`, conditions: ready })),
    { addresses: ["10.244.9.9"], conditions: { ready: false } },
  ],
});
const headless = { clusterIP: "None", clusterIPs: ["None"], ports: [{ name: "http", port: 80 }] };
const services: ZoneService[] = [
  zoneService(aService("web", { spec: { ports: [{ name: "http", port: 80 }] } }), []),
  zoneService(aService("db", { spec: headless }), [sliceOf("db", 3)]),
  zoneService(aService("large", { spec: headless }), [sliceOf("large", 200)]),
  zoneService(aService("out", { spec: { type: "ExternalName", externalName: "www.example.com", clusterIP: "", clusterIPs: [] } }), []),
  zoneService(aService("near", { spec: { type: "ExternalName", externalName: "out.default.svc.cluster.local" } }), []),
  zoneService(aService("loop", { spec: { type: "ExternalName", externalName: "loop.default.svc.cluster.local" } }), []),
];
const view: ZoneView = {
  hasNamespace: (name) => name === "default",
  service: (namespace, name) => services.find((each) => each.namespace === namespace && each.name === name),
  serviceByAddress: (ip) => services.find((each) => each.clusterIPs.includes(ip)),
  servicesByEndpoint: (ip) => services.filter((each) => each.endpoints.some((one) => one.ip === ip)),
};
const zone = new ClusterZone(view, { domain: "cluster.local", ttl: 30 });
const server = (resolver?: Resolver): DnsServer => createDnsServer({ zone, resolver, rng: seededRng(1), log: silentLog });

const blank = decodeMessage(new Uint8Array(12));
const asking = (name: string, parts: Partial<Message> = {}, type: number = recordType.A): Message => ({
  ...blank,
  id: 4711,
  recursionDesired: true,
  questions: [{ name: nameOf(name), type, class: 1 }],
  ...parts,
});
async function ask(
  query: Message,
  { resolver, transport = "udp" }: { resolver?: Resolver; transport?: DnsTransport } = {},
): Promise<Message> {
  const answer = await server(resolver)(encodeMessage(query), transport);
  if (answer === undefined) throw new Error("no answer");
  return decodeMessage(answer);
}
const addresses = (message: Message): string[] => message.answers.flatMap(({ data }) => (data.type === "A" ? [data.address] : []));

/** Somebody who knows www.example.com and nothing else. */
const world: Resolver = (query) => {
  const asked = decodeMessage(query);
  const [question] = asked.questions;
  const known = question?.name.join(".") === "www.example.com";
  const answers = known ? [{ name: question.name, class: 1, ttl: 99, data: { type: "A", address: "192.0.2.53" } as const }] : [];
  return Promise.resolve(encodeMessage({ ...asked, isResponse: true, rcode: known ? 0 : 3, answers }));
};

describe("an answer", () => {
  it("repeats id and question, and is authoritative", async () => {
    const query = asking("web.default.svc.cluster.local");
    const answer = await ask(query);
    expect(answer).toMatchObject({
      id: 4711,
      isResponse: true,
      authoritative: true,
      recursionDesired: true,
      rcode: 0,
      questions: query.questions,
    });
    expect(addresses(answer)).toEqual(["10.96.0.5"]);
  });

  it("holds ready endpoints only, in changing order", async () => {
    const handle = server();
    const orders = new Set<string>();
    for (let i = 0; i < 20; i += 1) {
      const bytes = await handle(encodeMessage(asking("db.default.svc.cluster.local")), "udp");
      const found = addresses(decodeMessage(bytes ?? new Uint8Array()));
      expect(found.toSorted()).toEqual(["10.244.1.0", "10.244.1.1", "10.244.1.2"]);
      orders.add(found.join());
    }
    expect(orders.size).toBeGreaterThan(1);
  });

  const failures: [string, Message, number][] = [
    ["an unknown name", asking("nobody.default.svc.cluster.local"), 3],
    ["a name outside, with nobody to ask", asking("www.example.com"), 5],
    ["a single label, with nobody to ask", asking("nobody"), 3],
    ["two questions", asking("a", { questions: [...asking("a").questions, ...asking("b").questions] }), 1],
    ["no question", asking("a", { questions: [] }), 1],
    ["another operation", asking("a", { opcode: 5 }), 4],
    ["another class", asking("a", { questions: [{ name: ["a"], type: 1, class: 3 }] }), 5],
    ["an EDNS of the future", asking("web.default.svc.cluster.local", { edns: { udpSize: 4096, version: 1, dnssecOk: false } }), 16],
  ];
  it.each(failures)("to %s", async (_name, query, rcode) => expect((await ask(query)).rcode).toBe(rcode));

  it("none to what isn't a query", async () => {
    const handle = server();
    expect(await handle(new Uint8Array(5), "udp")).toBeUndefined();
    expect(await handle(encodeMessage(asking("a", { isResponse: true })), "udp")).toBeUndefined();
  });

  it("a format error to what can't be read beyond its header", async () => {
    const answer = await server()(encodeMessage(asking("web.default.svc.cluster.local")).subarray(0, 20), "udp");
    expect(decodeMessage(answer ?? new Uint8Array())).toMatchObject({ id: 4711, isResponse: true, rcode: 1 });
  });

  it("whatever the bytes, never a failure", async () => {
    const handle = server(world);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (input) => {
        const answer = await handle(input, "udp");
        expect(answer === undefined || decodeMessage(answer).isResponse).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("size", () => {
  const many = "large.default.svc.cluster.local";
  it.each([
    { name: "without EDNS", edns: undefined, transport: "udp", limit: 512, truncated: true },
    {
      name: "with EDNS, within reason",
      edns: { udpSize: 65_000, version: 0, dnssecOk: false },
      transport: "udp",
      limit: 1232,
      truncated: true,
    },
    { name: "over TCP", edns: undefined, transport: "tcp", limit: 65_535, truncated: false },
  ] as const)("$name", async ({ edns, transport, limit, truncated }) => {
    const bytes = await server()(encodeMessage(asking(many, { edns })), transport);
    const answer = decodeMessage(bytes ?? new Uint8Array());
    expect(bytes?.length).toBeLessThanOrEqual(limit);
    expect(answer.truncated).toBe(truncated);
    expect(answer.answers.length).toBe(truncated ? Math.floor((limit - (edns === undefined ? 0 : 11) - 12 - 37) / 16) : 200);
    expect(answer.edns === undefined).toBe(edns === undefined);
  });
});

describe("names outside", () => {
  it("go to the resolver as they are, and its answer comes back as it is", async () => {
    const seen: Uint8Array[] = [];
    const query = encodeMessage(asking("www.example.com"));
    const answer = await server((bytes) => {
      seen.push(bytes);
      return world(bytes, "udp");
    })(query, "udp");
    expect(seen).toEqual([query]);
    expect(addresses(decodeMessage(answer ?? new Uint8Array()))).toEqual(["192.0.2.53"]);
  });

  it("fail as SERVFAIL when nobody answers", async () => {
    expect((await ask(asking("www.example.com"), { resolver: () => Promise.reject(new Error("timed out")) })).rcode).toBe(2);
  });

  it.each(["out", "near"])("are looked up for the external name %s", async (name) => {
    const answer = await ask(asking(`${name}.default.svc.cluster.local`), { resolver: world });
    expect(answer.answers[0]?.data.type).toBe("CNAME");
    expect(addresses(answer)).toEqual(["192.0.2.53"]);
  });

  it("a name that leads to itself ends", async () => {
    const answer = await ask(asking("loop.default.svc.cluster.local"), { resolver: world });
    expect(answer.answers.length).toBeLessThan(20);
  });

  it("the alias alone where it was asked for, or nobody knows more", async () => {
    expect((await ask(asking("out.default.svc.cluster.local", {}, recordType.CNAME), { resolver: world })).answers).toHaveLength(1);
    expect((await ask(asking("out.default.svc.cluster.local"))).answers).toHaveLength(1);
  });
});

describe("Node's own resolver understands it", () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  async function resolverOver(handle: DnsServer): Promise<NodeResolver> {
    const socket = createSocket("udp4");
    socket.on("message", (message, from) => {
      void handle(message, "udp").then((answer) => answer !== undefined && socket.send(answer, from.port, from.address));
    });
    await new Promise<void>((resolve) => {
      socket.bind(0, "127.0.0.1", resolve);
    });
    cleanups.push(() => socket.close());
    const resolver = new NodeResolver({ timeout: 2000, tries: 1 });
    resolver.setServers([`127.0.0.1:${socket.address().port}`]);
    return resolver;
  }

  it("for all sorts of records", async () => {
    const resolver = await resolverOver(server(world));
    const domain = "default.svc.cluster.local";
    expect(await resolver.resolve4(`web.${domain}`)).toEqual(["10.96.0.5"]);
    expect((await resolver.resolve4(`db.${domain}`, { ttl: true })).map((each) => each.ttl)).toEqual([30, 30, 30]);
    expect(await resolver.resolve4(`out.${domain}`)).toEqual(["192.0.2.53"]);
    expect(await resolver.resolveSrv(`_http._tcp.web.${domain}`)).toEqual([{ name: `web.${domain}`, port: 80, priority: 0, weight: 100 }]);
    expect((await resolver.resolveSrv(`_http._tcp.db.${domain}`)).map((each) => `${each.name}:${each.port}`).sort()).toEqual(
      [0, 1, 2].map((i) => `db-${i}.db.${domain}:8080`),
    );
    expect(await resolver.reverse("10.96.0.5")).toEqual([`web.${domain}`]);
    expect(await resolver.resolveTxt("dns-version.cluster.local")).toEqual([["1.1.0"]]);
    expect(await resolver.resolveSoa("cluster.local")).toMatchObject({ nsname: "ns.dns.cluster.local", minttl: 30 });
    expect(await resolver.resolveCname(`out.${domain}`)).toEqual(["www.example.com"]);
    await expect(resolver.resolve4(`nobody.${domain}`)).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolve6(`web.${domain}`)).rejects.toMatchObject({ code: "ENODATA" });
  });
});
