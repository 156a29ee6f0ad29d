/**
 * What a pod asks of a node and what a node has, as plain numbers: cpu in thousandths, everything else in its own unit.
 * Left out: dynamic resource claims.
 * Upstream: staging/src/k8s.io/component-helpers/resource/helpers.go
 */
import { conditionOf } from "../../machinery/conditions.ts";
import { parseQuantity } from "../../machinery/quantity.ts";
import type { Container, ContainerStatus, Pod } from "../../schema/shapes/core.v1.ts";

/** Sums by resource. The three that everything has are plain fields, because they are read for every node in every decision. */
export class Amounts {
  cpu = 0;
  memory = 0;
  storage = 0;
  readonly others: Map<string, number> = new Map();

  get(resource: string): number {
    switch (resource) {
      case "cpu":
        return this.cpu;
      case "memory":
        return this.memory;
      case "ephemeral-storage":
        return this.storage;
      default:
        return this.others.get(resource) ?? 0;
    }
  }

  set(resource: string, amount: number): void {
    switch (resource) {
      case "cpu":
        this.cpu = amount;
        return;
      case "memory":
        this.memory = amount;
        return;
      case "ephemeral-storage":
        this.storage = amount;
        return;
      default:
        this.others.set(resource, amount);
    }
  }

  add(amounts: Amounts, sign: 1 | -1 = 1): void {
    this.cpu += sign * amounts.cpu;
    this.memory += sign * amounts.memory;
    this.storage += sign * amounts.storage;
    for (const [resource, amount] of amounts.others) this.others.set(resource, (this.others.get(resource) ?? 0) + sign * amount);
  }

  /** At least that much of each. */
  raise(amounts: Amounts): void {
    this.cpu = Math.max(this.cpu, amounts.cpu);
    this.memory = Math.max(this.memory, amounts.memory);
    this.storage = Math.max(this.storage, amounts.storage);
    for (const [resource, amount] of amounts.others) this.others.set(resource, Math.max(this.others.get(resource) ?? 0, amount));
  }
}

/** What scoring counts for a container that asks for nothing, so that a node full of such pods doesn't look empty. */
const assumedCpu = 100;
const assumedMemory: number = 200 * 1024 * 1024;

/** Quantities repeat: a cluster's pods come from few templates. */
const known = new Map<string, number>();
const maxKnown = 4096;

function amountOf(resource: string, quantity: string): number {
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

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts = new Amounts();
  for (const [resource, quantity] of Object.entries(list ?? {})) amounts.set(resource, amountOf(resource, quantity));
  return amounts;
}

/** What fitting counts: containers together, or the largest moment of the init containers, whichever is more; of resized ones the larger amounts. */
export function requestsOf(pod: Pod): Amounts {
  const told = toldAmounts(pod);
  if (told === undefined) return podAmounts(pod, (container) => amountsOf(container.resources?.requests));
  return podAmounts(pod, (container) => {
    const amounts = told.asks ? amountsOf(container.resources?.requests) : new Amounts();
    for (const list of told.has.get(container.name) ?? [container.resources?.requests]) amounts.raise(amountsOf(list));
    return amounts;
  });
}

interface Told {
  /** Whether what it asks for now may still become true. */
  readonly asks: boolean;
  /** By container: what it was granted and what it has. */
  readonly has: ReadonlyMap<string, readonly ContainerStatus["allocatedResources"][]>;
}

/** Of a pod that is being resized, or can't be: until then it takes the larger of what it asks for and what it has. */
function toldAmounts({ status }: Pod): Told | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].filter(
    ({ resources }) => resources !== undefined,
  );
  if (all.length === 0) return undefined;
  const pending = conditionOf(status?.conditions, "PodResizePending");
  const asks = !(pending?.status === "True" && pending.reason === "Infeasible");
  return { asks, has: new Map(all.map(({ name, allocatedResources, resources }) => [name, [allocatedResources, resources?.requests]])) };
}

/** What scoring counts: as fitting, with something for containers that ask for no cpu or memory. */
export function scoredRequestsOf(pod: Pod): Amounts {
  const whole = pod.spec.resources?.requests;
  return podAmounts(pod, (container) => {
    const requests = container.resources?.requests;
    const amounts = amountsOf(requests);
    if (whole?.["cpu"] === undefined && requests?.["cpu"] === undefined) amounts.cpu = assumedCpu;
    if (whole?.["memory"] === undefined && requests?.["memory"] === undefined) amounts.memory = assumedMemory;
    return amounts;
  });
}

function podAmounts(pod: Pod, ofContainer: (container: Container) => Amounts): Amounts {
  const total = new Amounts();
  for (const container of pod.spec.containers) total.add(ofContainer(container));
  // Sidecars stay; each other init container runs beside the sidecars started before it.
  const sidecars = new Amounts();
  const largest = new Amounts();
  for (const container of pod.spec.initContainers ?? []) {
    const amounts = ofContainer(container);
    if (container.restartPolicy === "Always") {
      total.add(amounts);
      sidecars.add(amounts);
      largest.raise(sidecars);
    } else {
      amounts.add(sidecars);
      largest.raise(amounts);
    }
  }
  total.raise(largest);
  for (const [resource, quantity] of Object.entries(pod.spec.resources?.requests ?? {})) total.set(resource, amountOf(resource, quantity));
  total.add(amountsOf(pod.spec.overhead));
  return total;
}
