/** Columns about a pod template, which all workloads show with `-o wide`. Upstream: pkg/printers/internalversion/printers.go */
import type { Column, KubeObject } from "../machinery/kind.ts";
import { selectorOf } from "../machinery/selectors.ts";
import type { PodTemplateSpec } from "../schema/shapes/core.v1.ts";
import type { LabelSelector } from "../schema/shapes/meta.v1.ts";
import { wideColumn } from "./columns.ts";

/** Names and images of the containers that a workload's pods run. */
export function containerColumns<T extends KubeObject>(templateOf: (object: T) => PodTemplateSpec | undefined): Column<T>[] {
  const containersOf = (object: T) => templateOf(object)?.spec.containers ?? [];
  return [
    wideColumn("Containers", "Names of its pods' containers", (object) =>
      containersOf(object)
        .map((container) => container.name)
        .join(","),
    ),
    wideColumn("Images", "Images of its pods' containers", (object) =>
      containersOf(object)
        .map((container) => container.image ?? "")
        .join(","),
    ),
  ];
}

export function selectorColumn<T extends KubeObject>(selector: (object: T) => LabelSelector | undefined): Column<T> {
  return wideColumn("Selector", "Labels of the pods that belong to it", (object) => selectorText(selector(object)));
}

/** `<none>` where nothing or everything is meant. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "<none>";
  try {
    return selectorOf(selector).toString() || "<none>";
  } catch {
    return "<error>";
  }
}

/** Pairs of a plain map, sorted: `app=web,tier=front`. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? "<none>" : pairs.map(([key, value]) => `${key}=${value}`).join(",");
}
