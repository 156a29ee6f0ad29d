/** What pods request and are limited to, counted as the scheduler does. Upstream: component-helpers/resource/helpers.go */
import { parseQuantity, Quantity } from "../../machinery/quantity.ts";
import type { Container, Pod } from "../../schema/shapes/core.v1.ts";

export type Amounts = Map<string, Quantity>;
type Texts = Readonly<Record<string, string>> | undefined;

export interface PodAmounts {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** `granted`: what containers were given counts too, where it is more, and alone where the node can't give what they ask for. */
export function podAmounts(pod: Pod, granted: boolean): PodAmounts {
  return { requests: amountsOf(pod, "requests", granted), limits: amountsOf(pod, "limits", granted) };
}

function amountsOf(pod: Pod, side: "requests" | "limits", granted: boolean): Amounts {
  const { spec } = pod;
  const own = granted ? grantedAmounts(pod, side) : ({ resources }: Container): Amounts => amountsIn(resources?.[side]);
  const total: Amounts = new Map();
  for (const container of spec.containers) addAll(total, own(container));
  // Sidecars stay; each other init container runs beside those started before it.
  const sidecars: Amounts = new Map();
  const largest: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const amounts = own(container);
    if (container.restartPolicy === "Always") {
      addAll(total, amounts);
      addAll(sidecars, amounts);
      raise(largest, sidecars);
    } else {
      addAll(amounts, sidecars);
      raise(largest, amounts);
    }
  }
  raise(total, largest);
  setForWholePod(total, amountsIn(spec.resources?.[side]));
  for (const [name, amount] of amountsIn(spec.overhead)) {
    const there = total.get(name);
    if (side === "requests" || (there !== undefined && !there.isZero())) total.set(name, there?.add(amount) ?? amount);
  }
  return total;
}

/** Of a container: what it asks for or was given, the larger; what it was given where the node can't give what it asks for. */
function grantedAmounts({ status }: Pod, side: "requests" | "limits"): (container: Container) => Amounts {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const infeasible = status?.conditions?.some(({ type, reason }) => type === "PodResizePending" && reason === "Infeasible") === true;
  return ({ name, resources }) => {
    const given = statuses.find((each) => each.name === name && each.resources !== undefined);
    const amounts = amountsIn(given !== undefined && infeasible ? {} : resources?.[side]);
    raise(amounts, amountsIn(given?.resources?.[side]));
    if (side === "requests") raise(amounts, amountsIn(given?.allocatedResources));
    return amounts;
  };
}

/** What is set for the pod as a whole counts instead of its containers'. */
function setForWholePod(total: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    if (name === "cpu" || name === "memory" || name.startsWith("hugepages-")) total.set(name, amount);
  }
}

export function amountsIn(texts: Texts): Amounts {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

export function addAll(to: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) to.set(name, to.get(name)?.add(amount) ?? amount);
}

function raise(to: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    const there = to.get(name);
    if (there === undefined || amount.compare(there) > 0) to.set(name, amount);
  }
}

export const none: Quantity = Quantity.of(0);
