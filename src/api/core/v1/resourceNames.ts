/** What the names of resources mean: cpu, hugepages-2Mi, example.com/gpu. Upstream: pkg/apis/core/helper/helpers.go */
import { labelKeyProblems } from "../../../machinery/names.ts";

const computeResources: readonly string[] = ["cpu", "memory", "ephemeral-storage"];
/** Things that are counted, for quotas. */
const countedObjects: readonly string[] = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];
const quotaResources: readonly string[] = [
  ...computeResources,
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  ...countedObjects,
];

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

function isQuotaHugePages(name: string): boolean {
  return isHugePages(name) || name.startsWith("requests.hugepages-");
}

export function isStandardContainerResource(name: string): boolean {
  return computeResources.includes(name) || isHugePages(name);
}

export function isStandardQuotaResource(name: string): boolean {
  return quotaResources.includes(name) || isQuotaHugePages(name);
}

export function isStandardResource(name: string): boolean {
  return isStandardQuotaResource(name) || name === "storage";
}

/** Kubernetes' own: without a prefix, or under kubernetes.io. */
export function isNativeResource(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith("requests.") && labelKeyProblems(`requests.${name}`).length === 0;
}

/** Whether a container may use more than it asked for. */
export function mayOvercommit(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name);
}

/** Comes in whole numbers only. */
export function isWholeResource(name: string): boolean {
  return countedObjects.includes(name) || isExtendedResource(name);
}
