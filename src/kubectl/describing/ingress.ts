/** Ingresses and their classes. Upstream: kubectl/pkg/describe/describe.go (describeIngressV1) */
import type { Service } from "../../schema/shapes/core.v1.ts";
import type {
  Ingress,
  IngressBackend,
  IngressClass,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressTLS,
} from "../../schema/shapes/networking.v1.ts";
import { textOf } from "../errors.ts";
import { type Describing, getOne, kindAt } from "./lookups.ts";
import { endpointsText, slicesOf } from "./network.ts";
import type { Page } from "./page.ts";
import { putAnnotations, putHead, putLabels } from "./parts.ts";

const services = kindAt("v1", "Service", "services");

export async function describeIngress({ metadata, spec, status }: Ingress, page: Page, describing: Describing): Promise<void> {
  const namespace = metadata.namespace ?? "";
  const backend = (one: IngressBackend): Promise<string> => backendText(describing, namespace, one);
  page.field(0, "Name", metadata.name);
  putLabels(page, "Labels", metadata.labels);
  page.field(0, "Namespace", namespace);
  page.field(0, "Address", addressesText(status?.loadBalancer?.ingress ?? []));
  page.field(0, "Ingress Class", spec?.ingressClassName ?? "<none>");
  const standard = spec?.defaultBackend === undefined ? "<default>" : await backend(spec.defaultBackend);
  page.field(0, "Default backend", standard);
  putTls(page, spec?.tls ?? []);
  page.line(0, "Rules:\n  Host\tPath\tBackends");
  page.row(1, "----", "----", "--------");
  const rules = (spec?.rules ?? []).filter(({ http }) => http !== undefined);
  await putRules(page, rules, backend);
  if (rules.length === 0) page.row(1, "*", "*", standard);
  putAnnotations(page, "Annotations", metadata.annotations);
}

async function putRules(page: Page, rules: readonly IngressRule[], backend: (one: IngressBackend) => Promise<string>): Promise<void> {
  for (const { host = "", http } of rules) {
    page.row(1, host || "*", "");
    for (const one of http?.paths ?? []) page.row(2, "", `${one.path ?? ""} `, await backend(one.backend));
  }
}

function addressesText(ingress: readonly IngressLoadBalancerIngress[]): string {
  const addresses = ingress.map(({ ip = "", hostname = "" }) => ip || hostname).filter((one) => one !== "");
  return [...new Set(addresses)].sort().join(",");
}

function putTls(page: Page, tls: readonly IngressTLS[]): void {
  if (tls.length > 0) page.line(0, "TLS:");
  for (const { secretName = "", hosts = [] } of tls) {
    page.line(1, secretName === "" ? `SNI routes ${hosts.join(",")}` : `${secretName} terminates ${hosts.join(",")}`);
  }
}

/** `web:80 (10.0.0.1:8080)`, or why it isn't known. */
async function backendText(describing: Describing, namespace: string, { service, resource }: IngressBackend): Promise<string> {
  if (service !== undefined) {
    const { number = 0, name = "" } = service.port ?? {};
    const title = `${service.name}:${number === 0 ? name : number}`;
    try {
      const slices = await slicesOf(describing, namespace, service.name);
      const { spec } = await getOne<Service>(describing, services, namespace, service.name);
      const port = (spec?.ports ?? []).findLast((one) => (number !== 0 && one.port === number) || (name !== "" && one.name === name));
      return `${title} (${endpointsText(slices, port?.name ?? "")})`;
    } catch (error) {
      return `${title} (<error: ${textOf(error)}>)`;
    }
  }
  return resource === undefined ? "" : `APIGroup: ${resource.apiGroup ?? "<none>"}, Kind: ${resource.kind}, Name: ${resource.name}`;
}

export function describeIngressClass({ metadata, spec }: IngressClass, page: Page): void {
  putHead(page, metadata, { namespaced: false });
  page.field(0, "Controller", spec?.controller);
  const parameters = spec?.parameters;
  if (parameters === undefined) return;
  page.line(0, "Parameters:");
  page.given(1, "APIGroup", parameters.apiGroup);
  page.field(1, "Kind", parameters.kind);
  page.field(1, "Name", parameters.name);
}
