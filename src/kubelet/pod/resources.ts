/**
 * A pod's requests and limits: its sum for admission, its quality of service, and what a container's cgroup gets.
 * Upstream: pkg/apis/core/v1/helper/qos/qos.go, pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, component-helpers/resource/helpers.go
 */
import { parseQuantity } from "../../machinery/quantity.ts";
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";
import type { ContainerConfig } from "../ports/runtime.ts";
import { isSidecar } from "./restarts.ts";

type Amounts = Readonly<Record<string, string>>;
export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const minShares = 2;
const maxShares = 262_144;
const sharesPerCpu = 1024;
const millisPerCpu = 1000;

export function milli(amount: string | undefined): number {
  return amount === undefined ? 0 : parseQuantity(amount).milliValue();
}

export function bytes(amount: string | undefined): number {
  return amount === undefined ? 0 : parseQuantity(amount).value();
}

/** CPU counts in thousandths, everything else in whole units. */
function amountOf(resource: string, amounts: Amounts): number {
  const text = amounts[resource];
  return resource === "cpu" ? milli(text) : bytes(text);
}

function add(into: Map<string, number>, amounts: Amounts | undefined): void {
  for (const resource of Object.keys(amounts ?? {})) into.set(resource, (into.get(resource) ?? 0) + amountOf(resource, amounts ?? {}));
}

function replace(into: Map<string, number>, amounts: Amounts = {}): void {
  for (const resource of Object.keys(amounts)) into.set(resource, amountOf(resource, amounts));
}

/** What the pod asks of its node: the larger of its containers' sum and its hungriest moment of initialisation, with sidecars and overhead. */
export function podRequests(pod: Pod): ReadonlyMap<string, number> {
  const total = new Map<string, number>();
  for (const container of pod.spec.containers) add(total, container.resources?.requests);
  const sidecars = new Map<string, number>();
  const peaks = new Map<string, number>();
  for (const container of pod.spec.initContainers ?? []) {
    const moment = new Map(sidecars);
    add(moment, container.resources?.requests);
    if (isSidecar(container)) {
      add(total, container.resources?.requests);
      add(sidecars, container.resources?.requests);
    }
    for (const [resource, amount] of moment) peaks.set(resource, Math.max(peaks.get(resource) ?? 0, amount));
  }
  for (const [resource, amount] of peaks) total.set(resource, Math.max(total.get(resource) ?? 0, amount));
  replace(total, pod.spec.resources?.requests);
  add(total, pod.spec.overhead);
  return total;
}

const qosResources = ["cpu", "memory"] as const;

/** Of what the pod asks for as a whole, where it does. */
export function qosClass({ spec }: Pod): QosClass {
  const whole = [{ resources: spec.resources }].filter(asksForAny);
  const containers = whole.length > 0 ? whole : [...(spec.initContainers ?? []), ...spec.containers];
  if (!containers.some(asksForAny)) return "BestEffort";
  return containers.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

type Asking = Pick<Container, "resources">;

function asksForAny({ resources }: Asking): boolean {
  return qosResources.some((name) => positive(resources?.requests?.[name]) || positive(resources?.limits?.[name]));
}

function positive(amount: string | undefined): boolean {
  return amount !== undefined && !parseQuantity(amount).isZero();
}

function isGuaranteed(container: Asking): boolean {
  return qosResources.every((resource) => {
    const limit = container.resources?.limits?.[resource];
    if (limit === undefined || !positive(limit)) return false;
    return parseQuantity(container.resources?.requests?.[resource] ?? limit).compare(parseQuantity(limit)) === 0;
  });
}

/** `capacityBytes`: the node's memory, against which a burstable container's OOM score is weighed. What has no limit of its own may have all of the pod's. */
export function cgroupOf(pod: Pod, container: Container, capacityBytes: number): ContainerConfig["resources"] {
  const { requests } = container.resources ?? {};
  const limits = { ...pod.spec.resources?.limits, ...container.resources?.limits };
  const cpuLimit = milli(limits["cpu"]);
  const cpuRequest = requests?.["cpu"] === undefined ? cpuLimit : milli(requests["cpu"]);
  const memoryRequest = bytes(requests?.["memory"] ?? limits["memory"]);
  return {
    cpuShares: sharesOf(cpuRequest),
    cpuQuotaMillis: cpuLimit,
    memoryLimitBytes: bytes(limits["memory"]),
    oomScoreAdj: oomScore(pod, memoryRequest, capacityBytes),
    memoryRequestBytes: memoryRequest === 0 ? undefined : memoryRequest,
  };
}

export function sharesOf(cpuMillis: number): number {
  return Math.min(maxShares, Math.max(minShares, Math.floor((cpuMillis * sharesPerCpu) / millisPerCpu)));
}

const systemCriticalPriority = 2_000_000_000;

function oomScore(pod: Pod, memoryRequest: number, capacityBytes: number): number {
  if ((pod.spec.priority ?? 0) >= systemCriticalPriority) return -997;
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  return Math.min(999, Math.max(3, 1000 - Math.floor((1000 * memoryRequest) / Math.max(1, capacityBytes))));
}
