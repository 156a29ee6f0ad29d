/** Ingresses out of rules like `host/path=service:port,tls=secret`. Upstream: kubectl/pkg/cmd/create/create_ingress.go */
import type { HTTPIngressPath, IngressBackend, IngressRule, IngressTLS } from "../../schema/shapes/networking.v1.ts";
import { KubectlError } from "../errors.ts";
import type { Unstructured } from "../resources/unstructured.ts";

export interface IngressWish {
  readonly name: string;
  readonly className: string;
  readonly rules: readonly string[];
  readonly defaultBackend: string;
  readonly annotations: readonly string[];
}

const ruleForm = /^[\w*\-.]*\/.*=[\w-]+:[\w-]+/;

/** Throws KubectlError for what doesn't fit. */
export function ingressOf(wish: IngressWish): Unstructured {
  refuseUnfit(wish);
  const annotations = Object.fromEntries(wish.annotations.map((one) => splitOnce(one, "=")));
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: wish.name, annotations },
    spec: {
      ...(wish.className === "" ? {} : { ingressClassName: wish.className }),
      ...(wish.defaultBackend === "" ? {} : { defaultBackend: backendOf(wish.defaultBackend) }),
      tls: tlsOf(wish.rules),
      rules: rulesOf(wish.rules),
    },
  };
}

function refuseUnfit({ rules, defaultBackend, annotations }: IngressWish): void {
  if (defaultBackend === "" && rules.length === 0) {
    throw new KubectlError(
      "not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)",
    );
  }
  for (const rule of rules) {
    if (!ruleForm.test(rule))
      throw new KubectlError(`rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
  }
  for (const one of annotations) {
    if (!one.includes("=")) throw new KubectlError(`annotation ${one} is invalid and should be in format key=[value]`);
  }
  if (defaultBackend !== "" && defaultBackend.split(":").length !== 2) {
    throw new KubectlError("default-backend should be in format servicename:serviceport");
  }
}

function splitOnce(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

function tlsOf(rules: readonly string[]): IngressTLS[] {
  const entries: IngressTLS[] = [];
  const seen = new Set<string>();
  for (const rule of rules) {
    const parts = rule.split(",");
    if (parts.length !== 2) continue;
    const [host] = splitOnce(rule, "/");
    if (seen.has(host)) continue;
    seen.add(host);
    const secret = (parts[1] ?? "").split("=")[1] ?? "";
    const known = entries.find((entry) => (entry.secretName ?? "") === secret);
    if (known !== undefined) known.hosts = [...(known.hosts ?? []), host];
    else if (host !== "" || secret !== "") {
      entries.push({ ...(host === "" ? {} : { hosts: [host] }), ...(secret === "" ? {} : { secretName: secret }) });
    }
  }
  return entries;
}

function rulesOf(rules: readonly string[]): IngressRule[] {
  const out: IngressRule[] = [];
  for (const rule of rules) {
    const [host, rest] = splitOnce(rule.split(",")[0] ?? "", "/");
    const known = out.find((one) => (one.host ?? "") === host);
    if (known?.http !== undefined && known.http !== null) known.http.paths.push(pathOf(rest));
    else out.push({ ...(host === "" ? {} : { host }), http: { paths: [pathOf(rest)] } });
  }
  return out;
}

function pathOf(rest: string): HTTPIngressPath {
  const [path = "", service = ""] = rest.split("=");
  const prefix = path.endsWith("*");
  return { path: `/${prefix ? path.slice(0, -1) : path}`, pathType: prefix ? "Prefix" : "Exact", backend: backendOf(service) };
}

function backendOf(text: string): IngressBackend {
  const [name = "", port = ""] = text.split(":");
  return { service: { name, port: /^[+-]?\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}
