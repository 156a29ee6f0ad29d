/**
 * Table columns that several kinds share, and how their cells are written.
 * Upstream: pkg/printers/internalversion/printers.go
 */
import type { Column, KubeObject } from "../machinery/kind.ts";
import { age } from "../machinery/time.ts";

type Cell = string | number | boolean;

/** A column that `kubectl get` always shows. */
export function column<T>(name: string, description: string, cell: (object: T, now: number) => Cell): Column<T> {
  return { name, type: "string", description, priority: 0, cell };
}

/** A column that only `-o wide` shows. */
export function wideColumn<T>(name: string, description: string, cell: (object: T, now: number) => Cell): Column<T> {
  return { name, type: "string", description, priority: 1, cell };
}

/** A number that `kubectl get` always shows. */
export function integerColumn<T>(name: string, description: string, cell: (object: T, now: number) => Cell): Column<T> {
  return { name, type: "integer", description, priority: 0, cell };
}

/** For kinds that upstream never gave columns of their own. */
export function createdAtColumn<T extends KubeObject>(): Column<T> {
  return { ...column<T>("Created At", "When the object was created", (object) => object.metadata.creationTimestamp ?? ""), type: "date" };
}

/** For kinds whose name is shown with something added. */
export function nameColumn<T extends KubeObject>(cell: (object: T) => string): Column<T> {
  return { ...column<T>("Name", "Name of the object", cell), format: "name" };
}

export function ageColumn<T extends KubeObject>(): Column<T> {
  return column("Age", "Time since the object was created", (object, now) => age(object.metadata.creationTimestamp, now));
}
