/**
 * The tables of `kubectl top`: order, units, sums. Left out: upstream's random order of nodes that have no metrics yet.
 * Upstream: kubectl/pkg/metricsutil
 */
import { addQuantities, parseQuantity } from "../../machinery/quantity.ts";
import type { NodeMetrics, PodMetrics } from "../../schema/shapes/metrics.v1beta1.ts";
import { TabWriter } from "../printers/tabWriter.ts";

type Amounts = Readonly<Record<string, string>>;
type Resource = "cpu" | "memory" | "swap";

export interface TableWish {
  readonly sortBy: string;
  readonly noHeaders: boolean;
  readonly showSwap: boolean;
}

export interface PodTableWish extends TableWish {
  readonly containers: boolean;
  readonly withNamespace: boolean;
  readonly sum: boolean;
}

/** What a node has to give; `swap` is absent where it isn't known. */
export type NodeAmounts = ReadonlyMap<string, Amounts>;

const unknown = "<unknown>";
const bytesPerMebi = 1024 * 1024;

const measured = (showSwap: boolean): readonly Resource[] => (showSwap ? ["cpu", "memory", "swap"] : ["cpu", "memory"]);

export function nodeTable(metrics: readonly NodeMetrics[], available: NodeAmounts, wish: TableWish): string {
  const resources = measured(wish.showSwap);
  const lines = new Lines();
  const swap = wish.showSwap ? ["SWAP(bytes)", "SWAP(%)"] : [];
  if (!wish.noHeaders) lines.add("NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)", ...swap);
  const sorted = ordered(metrics, wish.sortBy, ({ usage }) => usage, byName);
  for (const { metadata, usage } of sorted) {
    const whole = available.get(metadata.name);
    lines.add(metadata.name, ...resources.flatMap((resource) => nodeCells(resource, usage, whole)));
  }
  const seen = new Set(metrics.map(({ metadata }) => metadata.name));
  for (const name of available.keys()) if (!seen.has(name)) lines.add(name, ...resources.flatMap(() => [unknown, unknown]));
  return lines.text();
}

function nodeCells(resource: Resource, usage: Amounts, whole: Amounts | undefined): readonly string[] {
  if (whole === undefined) return [amountText(resource, usage[resource])];
  const all = whole[resource];
  if (all === undefined) return resource === "swap" ? [unknown, unknown] : [amountText(resource, usage[resource])];
  const total = parseQuantity(all).milliValue();
  const share = total === 0 ? 0 : (parseQuantity(usage[resource] ?? "0").milliValue() / total) * 100;
  return [amountText(resource, usage[resource]), `${Math.trunc(share)}%`];
}

export function podTable(metrics: readonly PodMetrics[], wish: PodTableWish): string {
  const resources = measured(wish.showSwap);
  const columns = ["NAME", "CPU(cores)", "MEMORY(bytes)", ...(wish.showSwap ? ["SWAP(bytes)"] : [])];
  if (wish.containers) columns.unshift("POD");
  if (wish.withNamespace) columns.unshift("NAMESPACE");
  const lines = new Lines();
  if (!wish.noHeaders) lines.add(...columns);
  const cells = (usage: Amounts): readonly string[] => resources.map((resource) => amountText(resource, usage[resource]));
  for (const pod of ordered(metrics, wish.sortBy, usageOfPod, wish.withNamespace ? byNamespaceAndName : byName)) {
    const { name, namespace = "" } = pod.metadata;
    const place = wish.withNamespace ? [namespace] : [];
    if (!wish.containers) lines.add(...place, name, ...cells(usageOfPod(pod)));
    else {
      const containers = ordered(
        pod.containers,
        wish.sortBy,
        ({ usage }) => usage,
        (a, b) => compare(a.name, b.name),
      );
      for (const container of containers) lines.add(...place, name, container.name, ...cells(container.usage));
    }
  }
  if (wish.sum) addSum(lines, metrics, wish, cells);
  return lines.text();
}

/** As wide as upstream's, which counts its columns without the headers when those are left out. */
function addSum(lines: Lines, metrics: readonly PodMetrics[], wish: PodTableWish, cells: (usage: Amounts) => readonly string[]): void {
  const own = wish.showSwap ? 4 : 3;
  const width = own + (wish.noHeaders ? 0 : Number(wish.withNamespace) + Number(wish.containers));
  lines.add(...Array<string>(width - 2).fill(""), "________", "________");
  const total = metrics.map(usageOfPod).reduce<Record<string, string>>((sum, usage) => addQuantities(sum, usage), {});
  lines.add(...Array<string>(width - 3).fill(""), "", ...cells(total));
}

function usageOfPod({ containers }: PodMetrics): Amounts {
  return containers.reduce<Record<string, string>>((sum, { usage }) => addQuantities(sum, usage), {});
}

function amountText(resource: Resource, amount = "0"): string {
  const quantity = parseQuantity(amount);
  return resource === "cpu" ? `${quantity.milliValue()}m` : `${Math.trunc(quantity.value() / bytesPerMebi)}Mi`;
}

function ordered<T>(all: readonly T[], sortBy: string, usageOf: (one: T) => Amounts, byWords: (a: T, b: T) => number): readonly T[] {
  if (sortBy === "") return all.toSorted(byWords);
  const amounts = new Map(
    all.map((one) => {
      const amount = parseQuantity(usageOf(one)[sortBy] ?? "0");
      return [one, sortBy === "cpu" ? amount.milliValue() : amount.value()] as const;
    }),
  );
  return all.toSorted((a, b) => (amounts.get(b) ?? 0) - (amounts.get(a) ?? 0));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: NodeMetrics | PodMetrics, b: NodeMetrics | PodMetrics): number => compare(a.metadata.name, b.metadata.name);
const byNamespaceAndName = (a: PodMetrics, b: PodMetrics): number =>
  compare(a.metadata.namespace ?? "", b.metadata.namespace ?? "") || byName(a, b);

class Lines {
  private readonly writer = new TabWriter();

  add(...cells: readonly string[]): void {
    this.writer.write(`${cells.map((cell) => `${cell}\t`).join("")}\n`);
  }

  text(): string {
    return this.writer.flush();
  }
}
