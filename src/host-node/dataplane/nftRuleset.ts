/**
 * Service rules as nftables objects, as data: which sets, chains and elements there must be. Pure; nftBatch.ts turns two of these into the
 * commands between them. A Service is a chain reached by one verdict-map lookup, however many Services there are.
 * Upstream: pkg/proxy/nftables/proxier.go
 */
import { createHash } from "node:crypto";
import type { Backend, ServiceRule } from "../../proxy/ports/dataPlane.ts";

export const table = "ip coxswain";

export interface NftNode {
  readonly name: string;
  readonly ip: string;
  readonly podCidr: string;
}

export interface NftRuleset {
  /** Dynamic sets by name: who was sent to this backend lately (session affinity). */
  readonly sets: ReadonlyMap<string, string>;
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Elements of the fixed sets and maps: set name, key, value (empty in a plain set). */
  readonly elements: ReadonlyMap<FixedSet, ReadonlyMap<string, string>>;
}
export type FixedSet = "services" | "nodeports" | "hairpin" | "refused" | "node_ips";

export function emptyRuleset(): NftRuleset {
  return { sets: new Map(), chains: new Map(), elements: new Map() };
}

/** Everything that rules may need of the kernel, made and taken away in one transaction: fails where something is missing. */
export const trialTable = `table ip coxswain_trial {
  set clients { type ipv4_addr; flags dynamic,timeout; timeout 60s; }
  chain chosen { update @clients { ip saddr }; meta l4proto tcp dnat to 127.0.0.1:1; }
  chain services {
    ip saddr @clients goto chosen
    meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 127.0.0.1 . 1, 1 : 127.0.0.1 . 2 }
    numgen random mod 2 vmap { 0 : goto chosen, 1 : goto chosen }
  }
}
delete table ip coxswain_trial
`;

/** The frame that never changes: `nft -f -` input that makes the table afresh. */
export function baseTable(serviceRange: string): string {
  return `add table ${table}
delete table ${table}
table ${table} {
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map nodeports { type inet_proto . inet_service : verdict; }
  set hairpin { type ipv4_addr . ipv4_addr; }
  set refused { type ipv4_addr . inet_proto . inet_service; }
  set node_ips { type ipv4_addr; }
  chain find_service {
    ip daddr . meta l4proto . th dport vmap @services
    ip daddr @node_ips meta l4proto . th dport vmap @nodeports
  }
  chain prerouting { type nat hook prerouting priority dstnat; policy accept; jump find_service; }
  chain output { type nat hook output priority -100; policy accept; jump find_service; }
  chain postrouting { type nat hook postrouting priority srcnat; policy accept; ip saddr . ip daddr @hairpin masquerade; }
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain find_unused {
    ip daddr ${serviceRange} fib daddr type != local jump refuse
    ip daddr . meta l4proto . th dport @refused jump refuse
  }
  chain forward { type filter hook forward priority filter; policy accept; ct state new jump find_unused; }
  chain local_out { type filter hook output priority filter; policy accept; ct state new jump find_unused; }
}
`;
}

export function rulesetFor(rules: readonly ServiceRule[], nodes: readonly NftNode[]): NftRuleset {
  const draft = new Draft(nodes);
  for (const rule of rules) draft.add(rule);
  return draft.ruleset;
}

class Draft {
  readonly sets = new Map<string, string>();
  readonly chains = new Map<string, readonly string[]>();
  readonly elements = new Map<FixedSet, Map<string, string>>();
  readonly #nodes: readonly NftNode[];

  constructor(nodes: readonly NftNode[]) {
    this.#nodes = nodes;
    for (const node of nodes) this.#element("node_ips", node.ip, "");
  }

  get ruleset(): NftRuleset {
    return this;
  }

  add(rule: ServiceRule): void {
    const protocol = rule.protocol.toLowerCase();
    // Loopback addresses belong to whoever dials them: the border serves those, on the machine itself.
    const outer = [...rule.externalIPs, ...rule.loadBalancerIPs].filter((ip) => !ip.startsWith("127."));
    const seen = backendsSeen(rule);
    if (seen.length === 0) {
      for (const ip of outer) this.#element("refused", `${ip} . ${protocol} . ${rule.port}`, "");
      return;
    }
    for (const backend of seen) this.#element("hairpin", `${backend.ip} . ${backend.ip}`, "");
    const inner = this.#chain(rule, "svc", rule.internalPolicy === "Local" ? "ip saddr" : "");
    if (rule.clusterIP !== "") this.#element("services", `${rule.clusterIP} . ${protocol} . ${rule.port}`, `goto ${inner}`);
    if (outer.length === 0 && rule.nodePort === 0) return;
    const outside = this.#chain(rule, "ext", rule.externalPolicy === "Local" ? "ip daddr" : "");
    for (const ip of outer) this.#element("services", `${ip} . ${protocol} . ${rule.port}`, `goto ${inner}`);
    if (rule.nodePort !== 0) this.#element("nodeports", `${protocol} . ${rule.nodePort}`, `goto ${outside}`);
  }

  /** `perNode`: the field that says which node's backends may serve; empty for all of them. */
  #chain(rule: ServiceRule, kind: "svc" | "ext", perNode: "ip saddr" | "ip daddr" | ""): string {
    if (perNode === "" && kind === "ext") return this.#chain(rule, "svc", "");
    const name = chainName(perNode === "" ? "svc" : `${kind}l`, rule.id);
    if (this.chains.has(name)) return name;
    if (perNode === "") {
      this.chains.set(name, rule.views === undefined ? this.#choices(rule, rule.backends, "") : this.#viewChoices(rule, rule.views));
      return name;
    }
    const lines = this.#nodes.flatMap((node) => {
      const backends = rule.backends.filter((backend) => backend.nodeName === node.name);
      const match = perNode === "ip saddr" ? `ip saddr { ${node.podCidr}, ${node.ip} }` : `ip daddr ${node.ip}`;
      return backends.length === 0 ? [] : this.#choices(rule, backends, `${match} `);
    });
    this.chains.set(name, [...lines, "drop"]);
    return name;
  }

  /** Nodes that see the same share a line; where all do, there is but one. Session affinity goes by the newest state. */
  #viewChoices(rule: ServiceRule, views: NonNullable<ServiceRule["views"]>): readonly string[] {
    const groups = new Map<string, { readonly backends: readonly Backend[]; readonly from: string[] }>();
    for (const node of this.#nodes) {
      const backends = views[node.name] ?? rule.backends;
      const key = JSON.stringify(backends);
      const group = groups.get(key) ?? { backends, from: [] };
      group.from.push(node.podCidr, node.ip);
      groups.set(key, group);
    }
    const [first, ...rest] = groups.values();
    if (first === undefined || rule.affinitySeconds !== 0) return this.#choices(rule, rule.backends, "");
    const lines = rest.flatMap(({ backends, from }) => {
      const match = `ip saddr { ${from.join(", ")} } `;
      // Without a backend the frame refuses what comes back.
      return backends.length === 0 ? [`${match}return`] : this.#choices(rule, backends, match);
    });
    return first.backends.length === 0 ? lines : [...lines, ...this.#choices(rule, first.backends, "")];
  }

  #choices(rule: ServiceRule, backends: readonly Backend[], match: string): readonly string[] {
    const protocol = `meta l4proto ${rule.protocol.toLowerCase()}`;
    if (rule.affinitySeconds === 0) return [`${match}${protocol} ${dnat(backends)}`];
    const named = backends.map((backend) => ({ backend, name: chainName("ep", `${rule.id} ${backend.ip} ${backend.port}`) }));
    for (const { backend, name } of named) {
      this.sets.set(`by_${name}`, `type ipv4_addr; flags dynamic,timeout; timeout ${rule.affinitySeconds}s;`);
      this.chains.set(name, [`update @by_${name} { ip saddr }`, `${protocol} ${dnat([backend])}`]);
    }
    const picks = named.map(({ name }, i) => `${i} : goto ${name}`).join(", ");
    return [
      ...named.map(({ name }) => `${match}ip saddr @by_${name} goto ${name}`),
      `${match}numgen random mod ${named.length} vmap { ${picks} }`,
    ];
  }

  #element(set: FixedSet, key: string, value: string): void {
    let elements = this.elements.get(set);
    if (elements === undefined) this.elements.set(set, (elements = new Map()));
    elements.set(key, value);
  }
}

/** All that some node may send to. */
function backendsSeen({ backends, views }: ServiceRule): readonly Backend[] {
  if (views === undefined) return backends;
  const all = [...backends, ...Object.values(views).flat()];
  return [...new Map(all.map((backend) => [`${backend.ip}:${backend.port}`, backend])).values()];
}

function dnat(backends: readonly Backend[]): string {
  const [only] = backends;
  if (backends.length === 1 && only !== undefined) return `dnat to ${only.ip}:${only.port}`;
  const picks = backends.map((backend, i) => `${i} : ${backend.ip} . ${backend.port}`).join(", ");
  return `dnat ip addr . port to numgen random mod ${backends.length} map { ${picks} }`;
}

/** nft names are short and know few characters: a hash, with the kind before it. */
function chainName(kind: string, id: string): string {
  return `${kind}_${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
}
