/** Ingress: which requests from outside go to which Service. Upstream: pkg/registry/networking/ingress/strategy.go */
import type { Column, Kind } from "../../../machinery/kind.ts";
import type { Ingress, IngressStatus } from "../../../schema/shapes/networking.v1.ts";
import { ageColumn, column } from "../../columns.ts";
import { loadBalancerAddresses } from "../../core/v1/serviceColumns.ts";
import { defineKind, ownStatus } from "../../defineKind.ts";
import { semanticEqual } from "../../equal.ts";
import { validateIngress, validateIngressStatusUpdate, validateIngressUpdate } from "./ingressValidation.ts";

const shownHosts = 3;

const columns: readonly Column<Ingress>[] = [
  column("Class", "Who serves it", ({ spec }) => spec.ingressClassName ?? "<none>"),
  column("Hosts", "Hosts that it answers for", hostsText),
  column("Address", "Where it is served", ({ status }) => loadBalancerAddresses(status?.loadBalancer).join(",")),
  column("Ports", "Ports that it is served on", ({ spec }) => ((spec.tls ?? []).length > 0 ? "80, 443" : "80")),
  ageColumn(),
];

export const ingress: Kind<Ingress> = defineKind<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  namespaced: true,
  shortNames: ["ing"],
  subresources: ["status"],
  struct: "k8s.io/api/networking/v1.Ingress",
  ...ownStatus<Ingress, IngressStatus>(() => ({ loadBalancer: {} })),
  validate: validateIngress,
  validateUpdate: validateIngressUpdate,
  validateStatusUpdate: validateIngressStatusUpdate,
  specChanged: (next, previous) => !semanticEqual(next.spec, previous.spec),
  columns,
});

function hostsText({ spec }: Ingress): string {
  const hosts = (spec.rules ?? []).flatMap(({ host }) => (host ? [host] : []));
  const shown = hosts.slice(0, shownHosts).join(",");
  return hosts.length > shownHosts ? `${shown} + ${hosts.length - shownHosts} more...` : shown || "*";
}
