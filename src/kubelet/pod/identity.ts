/**
 * Names that a pod's processes see: hostname, domain and the resolver's settings. The runtime writes /etc/hosts and resolv.conf from them.
 * Upstream: pkg/kubelet/kubelet_pods.go (GeneratePodHostNameAndDomain), pkg/kubelet/network/dns/dns.go
 */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { PodSandboxConfig } from "../ports/runtime.ts";

export interface DnsSettings {
  /** The cluster's own server; empty: none. */
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** The host's resolv.conf, for dnsPolicy Default. */
  readonly host: PodSandboxConfig["dns"];
}

const maxHostnameLength = 63;
const ndots = "ndots:5";

export function hostnameOf(pod: Pod, clusterDomain: string): { readonly hostname: string; readonly fqdn: string | undefined } {
  if (pod.spec.hostnameOverride !== undefined) return { hostname: pod.spec.hostnameOverride, fqdn: undefined };
  const own = pod.spec.hostname ?? "";
  const hostname = own === "" ? truncated(pod.metadata.name) : own;
  const subdomain = pod.spec.subdomain ?? "";
  const fqdn = subdomain === "" ? undefined : `${hostname}.${subdomain}.${pod.metadata.namespace ?? ""}.svc.${clusterDomain}`;
  return { hostname: pod.spec.setHostnameAsFQDN === true && fqdn !== undefined ? fqdn : hostname, fqdn };
}

function truncated(name: string): string {
  return name.length <= maxHostnameLength ? name : name.slice(0, maxHostnameLength).replace(/[-.]+$/, "");
}

export function dnsOf(pod: Pod, settings: DnsSettings): PodSandboxConfig["dns"] {
  const base = baseDns(pod, settings);
  const own = pod.spec.dnsConfig;
  if (own === undefined) return base;
  const options = new Map(base.options.map((text) => [text.split(":")[0] ?? text, text]));
  for (const { name = "", value } of own.options ?? []) options.set(name, value === undefined ? name : `${name}:${value}`);
  return {
    servers: [...new Set([...base.servers, ...(own.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(own.searches ?? [])])],
    options: [...options.values()],
  };
}

function baseDns(pod: Pod, settings: DnsSettings): PodSandboxConfig["dns"] {
  const policy = pod.spec.dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { servers: [], searches: [], options: [] };
  const wantsCluster = policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && pod.spec.hostNetwork !== true);
  if (!wantsCluster || settings.clusterDns === "") return settings.host;
  const { clusterDomain } = settings;
  const searches = [`${pod.metadata.namespace ?? ""}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return { servers: [settings.clusterDns], searches: [...searches, ...settings.host.searches], options: [ndots] };
}
