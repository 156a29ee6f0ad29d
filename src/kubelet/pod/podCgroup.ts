/** The control group of a pod: its name by quality of service, and what its containers may use together. Upstream: pkg/kubelet/cm/helpers_linux.go (ResourceConfigForPod) */
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";
import type { PodSandboxConfig } from "../ports/runtime.ts";
import { bytes, milli, podRequests, qosClass, sharesOf } from "./resources.ts";
import { isSidecar } from "./restarts.ts";

/** A pod that forks without end must not take the machine with it. Upstream's default is no limit. */
const podPidsLimit = 4096;
const classFolders = { Guaranteed: "", Burstable: "/burstable", BestEffort: "/besteffort" } as const;

export function podCgroup(pod: Pod): PodSandboxConfig["cgroup"] {
  return {
    parent: `/kubepods${classFolders[qosClass(pod)]}/pod${pod.metadata.uid ?? ""}`,
    cpuShares: sharesOf(podRequests(pod).get("cpu") ?? 0),
    cpuQuotaMillis: podLimit(pod, ({ resources }) => milli(resources?.limits?.["cpu"])),
    memoryLimitBytes: podLimit(pod, ({ resources }) => bytes(resources?.limits?.["memory"])),
    pidsLimit: podPidsLimit,
  };
}

/** Whether they limit alike. */
export function sameGroup(a: PodSandboxConfig["cgroup"], b: PodSandboxConfig["cgroup"]): boolean {
  return a.cpuShares === b.cpuShares && a.cpuQuotaMillis === b.cpuQuotaMillis && a.memoryLimitBytes === b.memoryLimitBytes;
}

/**
 * The pod's own limit; else the larger of what the containers and the sidecars may use together and the hungriest init container; none as soon as one has
 * none.
 */
function podLimit(pod: Pod, limitOf: (part: Pick<Container, "resources">) => number): number {
  const own = limitOf({ resources: pod.spec.resources });
  if (own !== 0) return own;
  const init = pod.spec.initContainers ?? [];
  const all = [...init, ...pod.spec.containers];
  if (all.some((container) => limitOf(container) === 0)) return 0;
  const sum = (containers: readonly Container[]): number => containers.reduce((total, container) => total + limitOf(container), 0);
  let peak = 0;
  init.forEach((container, index) => {
    if (!isSidecar(container)) peak = Math.max(peak, limitOf(container) + sum(init.slice(0, index).filter(isSidecar)));
  });
  return Math.max(peak, sum(pod.spec.containers) + sum(init.filter(isSidecar)));
}
