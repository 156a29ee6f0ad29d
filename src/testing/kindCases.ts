/** For table tests of kinds: what becomes of an object that a client sends, and what is said against it. */
import { Path } from "../machinery/field.ts";
import { fieldErrorText } from "../machinery/fieldErrors.ts";
import type { Kind, KubeObject } from "../machinery/kind.ts";
import { conform } from "../schema/conform.ts";
import { structOf } from "../schema/structs.ts";

const root = Path.root("");

/** Any JSON: tests send what clients might. */
export type Sent = Record<string, unknown>;

function decoded<T extends KubeObject>(kind: Kind<T>, sent: unknown): T {
  const { object } = conform(structuredClone(sent), structOf(kind.struct));
  return object as unknown as T;
}

/** As the server stores a new object: decoded, defaulted, prepared. Without metadata it is `x`, in namespace default where it has one. */
export function created<T extends KubeObject>(kind: Kind<T>, sent: Sent): T {
  const metadata = { name: "x", ...(kind.namespaced ? { namespace: "default" } : {}), ...(sent["metadata"] as Sent | undefined) };
  const object = decoded(kind, { ...sent, metadata });
  kind.setDefaults(object);
  kind.prepareForCreate(object);
  return object;
}

export function createProblems<T extends KubeObject>(kind: Kind<T>, sent: Sent): string[] {
  return kind.validate(created(kind, sent), root).map(fieldErrorText);
}

/** What an update makes of `before` when a client changes it. */
export function updated<T extends KubeObject>(kind: Kind<T>, before: T, change: (object: T) => void): T {
  const next = structuredClone(before);
  change(next);
  const object = decoded(kind, next);
  kind.setDefaults(object);
  kind.prepareForUpdate(object, before);
  return object;
}

export function updateProblems<T extends KubeObject>(kind: Kind<T>, sent: Sent, change: (object: T) => void): string[] {
  const before = created(kind, sent);
  before.metadata.resourceVersion = "1";
  return kind.validateUpdate(updated(kind, before, change), before, root).map(fieldErrorText);
}

export function statusProblems<T extends KubeObject>(kind: Kind<T>, before: T, change: (object: T) => void): string[] {
  const previous = structuredClone(before);
  previous.metadata.resourceVersion = "1";
  const next = structuredClone(previous);
  change(next);
  return (kind.validateStatusUpdate?.(next, previous, root) ?? []).map(fieldErrorText);
}

/** A row of `kubectl get`: cells by column name. */
export function rowOf<T extends KubeObject>(kind: Kind<T>, object: T, now: string): Record<string, string | number | boolean> {
  return Object.fromEntries(kind.columns.map((column) => [column.name, column.cell(object, Date.parse(now))]));
}
