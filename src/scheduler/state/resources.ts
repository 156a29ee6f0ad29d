/**
 * What a pod asks of a node and what a node has, as plain numbers: cpu in thousandths, everything else in its own unit.
 * Left out: what an in-place resize has granted and the kubelet not yet applied; dynamic resource claims.
 * Upstream: staging/src/k8s.io/component-helpers/resource/helpers.go
 */
import { parseQuantity } from "../../machinery/quantity.ts";
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";

/** By resource name; what is absent is zero. */
export type Amounts = ReadonlyMap<string, number>;

/** What scoring counts for a container that asks for nothing, so that a node full of such pods doesn't look empty. */
const assumedCpu = 100;
const assumedMemory: number = 200 * 1024 * 1024;

/** Quantities repeat: a cluster's pods come from few templates. */
const known = new Map<string, number>();
const maxKnown = 4096;

export function amountOf(resource: string, quantity: string): number {
  const inThousandths = resource === "cpu";
  const key = inThousandths ? `m${quantity}` : quantity;
  const found = known.get(key);
  if (found !== undefined) return found;
  const parsed = parseQuantity(quantity);
  const amount = inThousandths ? parsed.milliValue() : parsed.value();
  if (known.size >= maxKnown) known.clear();
  known.set(key, amount);
  return amount;
}

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const [resource, quantity] of Object.entries(list ?? {})) amounts.set(resource, amountOf(resource, quantity));
  return amounts;
}

/** What fitting counts: containers together, or the largest moment of the init containers, whichever is more. */
export function requestsOf(pod: Pod): Map<string, number> {
  return podAmounts(pod, (container) => amountsOf(container.resources?.requests));
}

/** What scoring counts: as fitting, with something for containers that ask for no cpu or memory. */
export function scoredRequestsOf(pod: Pod): Map<string, number> {
  const pods = pod.spec.resources?.requests;
  return podAmounts(pod, (container) => {
    const amounts = amountsOf(container.resources?.requests);
    if (pods?.["cpu"] === undefined && !amounts.has("cpu")) amounts.set("cpu", assumedCpu);
    if (pods?.["memory"] === undefined && !amounts.has("memory")) amounts.set("memory", assumedMemory);
    return amounts;
  });
}

function podAmounts(pod: Pod, ofContainer: (container: Container) => Map<string, number>): Map<string, number> {
  const total = new Map<string, number>();
  for (const container of pod.spec.containers) add(total, ofContainer(container));
  // Sidecars stay; each other init container runs beside the sidecars started before it.
  const sidecars = new Map<string, number>();
  const largest = new Map<string, number>();
  for (const container of pod.spec.initContainers ?? []) {
    const amounts = ofContainer(container);
    if (container.restartPolicy === "Always") {
      add(total, amounts);
      add(sidecars, amounts);
      raise(largest, sidecars);
    } else {
      add(amounts, sidecars);
      raise(largest, amounts);
    }
  }
  raise(total, largest);
  for (const [resource, quantity] of Object.entries(pod.spec.resources?.requests ?? {})) total.set(resource, amountOf(resource, quantity));
  add(total, amountsOf(pod.spec.overhead));
  return total;
}

function add(to: Map<string, number>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) to.set(resource, (to.get(resource) ?? 0) + amount);
}

function raise(to: Map<string, number>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) to.set(resource, Math.max(to.get(resource) ?? 0, amount));
}
