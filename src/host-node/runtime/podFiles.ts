/** The files that every container of a pod sees: hosts, resolv.conf, hostname. Upstream: pkg/kubelet/kubelet_pods.go, pkg/kubelet/network/dns/dns.go */
import type { PodSandboxConfig } from "../../kubelet/ports/runtime.ts";

/** By path inside the container. */
export function podFiles(config: PodSandboxConfig, ip: string): ReadonlyMap<string, string> {
  return new Map([
    ["/etc/hosts", hostsFile(config, ip)],
    ["/etc/resolv.conf", resolvFile(config.dns)],
    ["/etc/hostname", `${config.hostname}\n`],
  ]);
}

function hostsFile(config: PodSandboxConfig, ip: string): string {
  const lines = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
  ];
  if (ip !== "" && config.hostname !== "")
    lines.push([ip, ...(config.fqdn === undefined ? [] : [config.fqdn]), config.hostname].join("\t"));
  if (config.hostAliases.length > 0) lines.push("", "# Entries added by HostAliases.");
  for (const alias of config.hostAliases) lines.push(`${alias.ip}\t${alias.hostnames.join("\t")}`);
  return `${lines.join("\n")}\n`;
}

function resolvFile({ servers, searches, options }: PodSandboxConfig["dns"]): string {
  const lines = servers.map((server) => `nameserver ${server}`);
  if (searches.length > 0) lines.unshift(`search ${searches.join(" ")}`);
  if (options.length > 0) lines.push(`options ${options.join(" ")}`);
  return lines.map((line) => `${line}\n`).join("");
}
