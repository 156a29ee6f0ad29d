import { describe, expect, it } from "vitest";
import type { Backend, ServiceRule } from "../../proxy/ports/dataPlane.ts";
import { aServiceRule } from "../../testing/serviceRules.ts";
import { batchBetween } from "./nftBatch.ts";
import { emptyRuleset, rulesetFor } from "./nftRuleset.ts";

const nodes = [
  { name: "n1", ip: "172.31.0.1", podCidr: "10.244.1.0/24" },
  { name: "n2", ip: "172.31.0.2", podCidr: "10.244.2.0/24" },
];
const backend = (ip: string, nodeName = "n1"): Backend => ({ ip, port: 80, nodeName, podName: ip });
const two = [backend("10.244.1.2"), backend("10.244.2.2", "n2")];

const aRule = (parts: Partial<ServiceRule> = {}): ServiceRule => aServiceRule({ backends: two, ...parts });
/** Hashed names by order of appearance, so that expectations read. */
const readable = (text: string): string => {
  const names = new Map<string, string>();
  return text.replaceAll(/(svc|svcl|extl|ep)_[0-9a-f]{16}/g, (name, kind: string) => {
    if (!names.has(name)) names.set(name, `${kind}${names.size + 1}`);
    return names.get(name) ?? "";
  });
};
const batch = (before: readonly ServiceRule[], after: readonly ServiceRule[]): string =>
  readable(batchBetween(rulesetFor(before, nodes), rulesetFor(after, nodes)));

describe("rulesets and the batches between them", () => {
  it("makes a chain per Service and one element to find it by", () => {
    const text = readable(batchBetween(emptyRuleset(), rulesetFor([aRule()], nodes)));
    expect(text).toBe(`add chain ip coxswain svc1
add rule ip coxswain svc1 meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.244.1.2 . 80, 1 : 10.244.2.2 . 80 }
add element ip coxswain node_ips { 172.31.0.1, 172.31.0.2 }
add element ip coxswain hairpin { 10.244.1.2 . 10.244.1.2, 10.244.2.2 . 10.244.2.2 }
add element ip coxswain services { 10.96.1.1 . tcp . 80 : goto svc1 }
`);
  });

  it("changes only the chain when the backends change", () => {
    expect(batch([aRule()], [aRule({ backends: two.slice(0, 1) })])).toBe(`delete element ip coxswain hairpin { 10.244.2.2 . 10.244.2.2 }
flush chain ip coxswain svc1
add rule ip coxswain svc1 meta l4proto tcp dnat to 10.244.1.2:80
`);
  });

  it("takes a Service away without leaving a reference", () => {
    expect(batch([aRule()], [])).toBe(`delete element ip coxswain hairpin { 10.244.1.2 . 10.244.1.2, 10.244.2.2 . 10.244.2.2 }
delete element ip coxswain services { 10.96.1.1 . tcp . 80 : goto svc1 }
flush chain ip coxswain svc1
delete chain ip coxswain svc1
`);
  });

  it("says nothing when nothing changes", () => {
    expect(batch([aRule()], [aRule()])).toBe("");
  });

  it("refuses outer addresses of a Service without backends; its cluster address needs nothing", () => {
    const rule = aRule({ backends: [], externalIPs: ["198.51.100.1"], loadBalancerIPs: ["127.64.0.1"] });
    expect(batch([], [rule])).toBe("add element ip coxswain refused { 198.51.100.1 . tcp . 80 }\n");
  });

  it("leaves loopback addresses to the border", () => {
    expect(batch([], [aRule({ loadBalancerIPs: ["127.64.0.1"] })])).not.toContain("127.");
  });

  it("remembers clients by a set per backend", () => {
    const text = batch([], [aRule({ affinitySeconds: 600 })]);
    expect(text).toContain("add set ip coxswain by_ep1 { type ipv4_addr; flags dynamic,timeout; timeout 600s; }");
    expect(text).toContain("add rule ip coxswain ep1 update @by_ep1 { ip saddr }");
    expect(text).toMatch(/add rule ip coxswain svc\d+ ip saddr @by_ep1 goto ep1\n/);
    expect(text).toMatch(/numgen random mod 2 vmap \{ 0 : goto ep1, 1 : goto ep2 \}/);
    expect(batch([aRule({ affinitySeconds: 600 })], [])).toMatch(/delete set ip coxswain by_ep\d\ndelete set ip coxswain by_ep\d\n$/);
  });

  it("keeps to the client's node for local policies, and drops where it has no backend", () => {
    const text = batch([], [aRule({ internalPolicy: "Local", nodePort: 30_080, externalPolicy: "Local", backends: two.slice(0, 1) })]);
    expect(text).toContain("ip saddr { 10.244.1.0/24, 172.31.0.1 } meta l4proto tcp dnat to 10.244.1.2:80");
    expect(text).toContain("ip daddr 172.31.0.1 meta l4proto tcp dnat to 10.244.1.2:80");
    expect(text).not.toContain("172.31.0.2 }");
    expect(text.match(/ drop\n/g)).toHaveLength(2);
    expect(text).toMatch(/add element ip coxswain nodeports \{ tcp \. 30080 : goto extl\d \}/);
  });
});
