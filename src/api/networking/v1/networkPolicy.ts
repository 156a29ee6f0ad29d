/** NetworkPolicy: which pods may talk to which. Upstream: pkg/registry/networking/networkpolicy/strategy.go, pkg/apis/networking/validation */
import type { FieldError, Path } from "../../../machinery/field.ts";
import { forbidden, invalid, notSupported, required } from "../../../machinery/fieldErrors.ts";
import type { Kind } from "../../../machinery/kind.ts";
import { portNameProblems } from "../../../machinery/names.ts";
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from "../../../schema/shapes/networking.v1.ts";
import { cidrContains, cidrRange } from "../../addressChecks.ts";
import { ageColumn, column } from "../../columns.ts";
import { defineKind } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { dnsSubdomainName, portNumber, problemsAt } from "../../fieldChecks.ts";
import { checkedWithMeta } from "../../meta/v1/checkedWithMeta.ts";
import { validateLabelSelector } from "../../meta/v1/labels.ts";
import { selectorText } from "../../workloadColumns.ts";

export const networkPolicy: Kind<NetworkPolicy> = defineKind<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
  shortNames: ["netpol"],
  struct: "k8s.io/api/networking/v1.NetworkPolicy",
  setDefaults({ spec }) {
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= "TCP";
    if ((spec.policyTypes ?? []).length === 0) spec.policyTypes = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  },
  ...checkedWithMeta<NetworkPolicy>({ namespaced: true, name: dnsSubdomainName }, ({ spec }, at) => validateSpec(spec, at.child("spec"))),
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns: [column("Pod-Selector", "Pods that it is about", ({ spec }) => selectorText(spec.podSelector)), ageColumn()],
});

const directions = ["Ingress", "Egress"];

function validateSpec({ podSelector, ingress = [], egress = [], policyTypes = [] }: NetworkPolicySpec, at: Path): FieldError[] {
  const errors = validateLabelSelector(podSelector, at.child("podSelector"));
  for (const [i, { ports = [], from = [] }] of ingress.entries()) {
    const here = at.child("ingress").index(i);
    errors.push(...validatePorts(ports, here.child("ports")), ...validatePeers(from, here.child("from")));
  }
  for (const [i, { ports = [], to = [] }] of egress.entries()) {
    const here = at.child("egress").index(i);
    errors.push(...validatePorts(ports, here.child("ports")), ...validatePeers(to, here.child("to")));
  }
  const typesAt = at.child("policyTypes");
  if (policyTypes.length > directions.length)
    return [...errors, invalid(typesAt, policyTypes, "may not specify more than two policyTypes")];
  const odd = policyTypes.flatMap((type, i) => (directions.includes(type) ? [] : [notSupported(typesAt.index(i), type, directions)]));
  return [...errors, ...odd];
}

function validatePorts(ports: readonly NetworkPolicyPort[], at: Path): FieldError[] {
  return ports.flatMap((port, i) => validatePort(port, at.index(i)));
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: Path): FieldError[] {
  const known = protocol === undefined || ["TCP", "UDP", "SCTP"].includes(protocol);
  const errors = known ? [] : [notSupported(at.child("protocol"), protocol, ["TCP", "UDP", "SCTP"])];
  const portAt = at.child("port");
  const endAt = at.child("endPort");
  if (port === undefined) {
    return endPort === undefined ? errors : [...errors, invalid(endAt, endPort, "may not be specified when `port` is not specified")];
  }
  if (typeof port === "string") {
    if (endPort !== undefined) errors.push(invalid(endAt, endPort, "may not be specified when `port` is non-numeric"));
    return [...errors, ...problemsAt(portAt, port, portNameProblems(port))];
  }
  errors.push(...portNumber(port, portAt));
  if (endPort === undefined) return errors;
  if (endPort < port) errors.push(invalid(endAt, endPort, "must be greater than or equal to `port`"));
  return [...errors, ...portNumber(endPort, endAt)];
}

function validatePeers(peers: readonly NetworkPolicyPeer[], at: Path): FieldError[] {
  return peers.flatMap((peer, i) => {
    const { podSelector, namespaceSelector, ipBlock } = peer;
    const here = at.index(i);
    const count = [podSelector, namespaceSelector, ipBlock].filter((part) => part !== undefined).length;
    const errors = [
      ...validateLabelSelector(podSelector, here.child("podSelector")),
      ...validateLabelSelector(namespaceSelector, here.child("namespaceSelector")),
      ...(ipBlock === undefined ? [] : validateBlock(ipBlock, here.child("ipBlock"))),
    ];
    if (count === 0) errors.push(required(here, "must specify a peer"));
    if (count > 1 && ipBlock !== undefined) errors.push(forbidden(here, "may not specify both ipBlock and another peer"));
    return errors;
  });
}

function validateBlock({ cidr, except = [] }: IPBlock, at: Path): FieldError[] {
  const cidrAt = at.child("cidr");
  if (cidr === "") return [required(cidrAt)];
  const errors = cidrRange(cidr, cidrAt);
  if (errors.length > 0) return errors;
  return except.flatMap((part, i) => {
    const here = at.child("except").index(i);
    const form = cidrRange(part, here);
    if (form.length > 0 || cidrContains(cidr, part)) return form;
    return [invalid(here, part, "must be a strict subset of `cidr`")];
  });
}
