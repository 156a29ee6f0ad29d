/** What the runtime is told about a pod's sandbox. Upstream: pkg/kubelet/kuberuntime/kuberuntime_sandbox.go */
import type { Pod } from "../../schema/shapes/core.v1.ts";
import type { PodSandboxConfig } from "../ports/runtime.ts";
import { podCgroup } from "./podCgroup.ts";
import { dnsOf, hostnameOf, type DnsSettings } from "./identity.ts";

export const podLabels = {
  name: "io.kubernetes.pod.name",
  namespace: "io.kubernetes.pod.namespace",
  uid: "io.kubernetes.pod.uid",
  container: "io.kubernetes.container.name",
} as const;

export function labelsOf(pod: Pod): Record<string, string> {
  const { name, namespace = "", uid = "" } = pod.metadata;
  return { [podLabels.name]: name, [podLabels.namespace]: namespace, [podLabels.uid]: uid };
}

export function sandboxConfig(pod: Pod, attempt: number, nodeName: string, dns: DnsSettings): PodSandboxConfig {
  const { spec, metadata } = pod;
  const ports = [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => container.ports ?? []);
  const hostNetwork = spec.hostNetwork === true;
  const { hostname, fqdn } = hostnameOf(pod, dns.clusterDomain);
  return {
    podUid: metadata.uid ?? "",
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    attempt,
    nodeName,
    hostname: hostNetwork ? "" : hostname,
    fqdn: hostNetwork || fqdn === hostname ? undefined : fqdn,
    dns: dnsOf(pod, dns),
    hostNetwork,
    hostPid: spec.hostPID === true,
    hostIpc: spec.hostIPC === true,
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name.replaceAll("/", "."), value])),
    privileged: [...(spec.initContainers ?? []), ...spec.containers].some((each) => each.securityContext?.privileged === true),
    shareProcessNamespace: spec.shareProcessNamespace === true,
    hostAliases: (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    labels: { ...metadata.labels, ...labelsOf(pod) },
    annotations: metadata.annotations ?? {},
    cgroup: podCgroup(pod),
    ports: ports.map(({ protocol = "TCP", containerPort, hostPort = 0 }) => ({ protocol, containerPort, hostPort })),
  };
}
