/** How well a pod is protected when a node runs short. Upstream: pkg/apis/core/v1/helper/qos/qos.go */
import { tryParseQuantity } from "../../../machinery/quantity.ts";
import type { Pod, ResourceRequirements } from "../../../schema/shapes/core.v1.ts";
import { allContainers } from "./podSpecDefaults.ts";

const counted = ["cpu", "memory"] as const;

/** Guaranteed: limits for all, requests equal to them. BestEffort: neither anywhere. */
export function qosClassOf(pod: Pod): "Guaranteed" | "Burstable" | "BestEffort" {
  const own = pod.spec.resources;
  if (own !== undefined && (amounts(own.requests).size > 0 || amounts(own.limits).size > 0)) return classOf([own]);
  return classOf(allContainers(pod.spec).map((container) => container.resources ?? {}));
}

function classOf(all: readonly ResourceRequirements[]): "Guaranteed" | "Burstable" | "BestEffort" {
  const requests = sum(all.map(({ requests }) => amounts(requests)));
  const limits = sum(all.map(({ limits }) => amounts(limits)));
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const limited = all.every((one) => counted.every((name) => amounts(one.limits).has(name)));
  const same = requests.size === limits.size && [...requests].every(([name, amount]) => limits.get(name) === amount);
  return limited && same ? "Guaranteed" : "Burstable";
}

/** CPU and memory above zero, in billionths. */
function amounts(list: Readonly<Record<string, string>> | undefined): Map<string, bigint> {
  const result = new Map<string, bigint>();
  for (const name of counted) {
    const nanos = tryParseQuantity(list?.[name] ?? "0")?.nanos ?? 0n;
    if (nanos > 0n) result.set(name, nanos);
  }
  return result;
}

function sum(lists: readonly Map<string, bigint>[]): Map<string, bigint> {
  const total = new Map<string, bigint>();
  for (const [name, amount] of lists.flatMap((list) => [...list])) total.set(name, (total.get(name) ?? 0n) + amount);
  return total;
}
