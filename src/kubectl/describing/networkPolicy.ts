/** NetworkPolicies. Upstream: kubectl/pkg/describe/describe.go (describeNetworkPolicy) */
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from "../../schema/shapes/networking.v1.ts";
import type { Page } from "./page.ts";
import { goTime, putMarks, putPlace, selectorText } from "./parts.ts";

const indent = "    ";

export function describeNetworkPolicy({ metadata, spec }: NetworkPolicy, page: Page): void {
  putPlace(page, metadata);
  page.field(0, "Created on", goTime(metadata.creationTimestamp));
  putMarks(page, metadata);
  page.line(0, "Spec:");
  putSpec(page, spec ?? {});
}

function putSpec(page: Page, { podSelector, policyTypes = [], ingress = [], egress = [] }: NetworkPolicySpec): void {
  const selector = selectorText(podSelector ?? {});
  page.write(1, "PodSelector: ");
  page.line(2, selector === "<none>" ? `${selector} (Allowing the specific traffic to all pods in this namespace)` : selector);
  const directions = [
    { type: "Ingress", rules: ingress.map(({ ports, from }) => ({ ports, peers: from })) },
    { type: "Egress", rules: egress.map(({ ports, to }) => ({ ports, peers: to })) },
  ] as const;
  for (const { type, rules } of directions) {
    const direction = type === "Ingress" ? "ingress" : "egress";
    page.line(
      1,
      `${policyTypes.includes(type) ? "Allowing" : "Not affecting"} ${direction} traffic${policyTypes.includes(type) ? ":" : ""}`,
    );
    if (policyTypes.includes(type)) putRules(page, direction, rules);
  }
  page.line(1, `Policy Types: ${policyTypes.join(", ") || "<none>"}`);
}

interface Rule {
  readonly ports: readonly NetworkPolicyPort[] | undefined;
  readonly peers: readonly NetworkPolicyPeer[] | undefined;
}

function putRules(page: Page, direction: "ingress" | "egress", rules: readonly Rule[]): void {
  const side = direction === "ingress" ? "From" : "To";
  if (rules.length === 0) page.line(0, `${indent}<none> (Selected pods are isolated for ${direction} connectivity)`);
  rules.forEach(({ ports = [], peers = [] }, at) => {
    if (ports.length === 0) page.line(0, `${indent}To Port: <any> (traffic allowed to all ports)`);
    for (const port of ports) page.line(0, indent + portText(port));
    if (peers.length === 0) {
      page.line(0, `${indent}${side}: <any> (traffic not restricted by ${direction === "ingress" ? "source" : "destination"})`);
    }
    for (const peer of peers) {
      page.line(0, `${indent}${side}:`);
      putPeer(page, peer);
    }
    if (at < rules.length - 1) page.line(0, `${indent}----------`);
  });
}

function portText({ port, endPort, protocol = "TCP" }: NetworkPolicyPort): string {
  const number = port ?? "<nil>";
  return endPort === undefined ? `To Port: ${number}/${protocol}` : `To Port Range: ${number}-${endPort}/${protocol}`;
}

function putPeer(page: Page, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): void {
  if (namespaceSelector !== undefined) page.line(1, `${indent}NamespaceSelector: ${selectorText(namespaceSelector)}`);
  if (podSelector !== undefined) page.line(1, `${indent}PodSelector: ${selectorText(podSelector)}`);
  if (podSelector !== undefined || namespaceSelector !== undefined || ipBlock === undefined) return;
  page.line(1, `${indent}IPBlock:`);
  page.line(2, `${indent}CIDR: ${ipBlock.cidr}`);
  page.line(2, `${indent}Except: ${(ipBlock.except ?? []).join(", ")}`);
}
