/**
 * What several components read off a pod: whether it serves, is over, and where its ports are.
 * Upstream: pkg/api/v1/pod/util.go, staging/src/k8s.io/endpointslice/util/controller_utils.go
 */
import type { Container, Pod, ServicePort } from "../schema/shapes/core.v1.ts";
import { conditionTrue } from "./conditions.ts";

export function isPodReady(pod: Pod): boolean {
  return conditionTrue(pod.status?.conditions, "Ready");
}

/** All its containers have ended and none will start again. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";
}

export function isPodTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Its addresses of one family, the primary first. */
export function podAddresses(pod: Pod, family: "IPv4" | "IPv6"): string[] {
  const all = pod.status?.podIPs?.map((entry) => entry.ip) ?? [];
  const addresses = all.length > 0 ? all : [pod.status?.podIP ?? ""];
  return addresses.filter((ip) => ip !== "" && (family === "IPv6") === ip.includes(":"));
}

/** The number behind a Service's target port in this pod; undefined where the pod names no such port. */
export function targetPortOf(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort;
  if (typeof target === "number") return target === 0 ? port.port : target;
  if (target === undefined || target === "") return port.port;
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  return namedPort([...pod.spec.containers, ...sidecars], target, port.protocol ?? "TCP");
}

function namedPort(containers: readonly Container[], name: string, protocol: string): number | undefined {
  for (const container of containers) {
    const found = container.ports?.find((port) => port.name === name && (port.protocol ?? "TCP") === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

/** Whether every pair of the selector is among the labels. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>> | undefined): boolean {
  for (const key of Object.keys(selector)) if (labels?.[key] !== selector[key]) return false;
  return true;
}
