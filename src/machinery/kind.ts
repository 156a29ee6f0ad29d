/**
 * Everything the rest of the system needs to know about one kind. One file per kind in src/api makes one of these;
 * discovery, tables, validation, the typed client and the docs are derived from it.
 */
import type { ObjectMeta } from "../schema/shapes/meta.v1.ts";
import type { FieldError, Path } from "./field.ts";

/** Any API object. */
export interface KubeObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: ObjectMeta;
}

/** Name, scope and place of a kind; all that a client needs. */
export interface KindRef<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: carries the object type for inference. */
  readonly shape?: T;
}

export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** As in OpenAPI: `name` for the first column, else empty. */
  readonly format?: string;
  readonly description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority: 0 | 1;
  /** `now` in ms: ages are texts, as upstream's. */
  cell(object: T, now: number): string | number | boolean;
}

export interface Kind<T extends KubeObject = KubeObject> extends KindRef<T> {
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Sub-resources with generic behaviour; log, exec, binding, eviction, token are routed by name. */
  readonly subresources: readonly ("status" | "scale")[];
  /** `""` group and `v1` for shapes in `k8s.io/api/core/v1`: the struct's name in the facts. */
  readonly struct: string;
  /** Fills what the user left out. Called on create and update, after decoding. Mutates. */
  setDefaults(object: T): void;
  /** Clears what the user may not set on create (status, generation is set by the server). Mutates. */
  prepareForCreate(object: T): void;
  /** Takes over from `previous` what an update of the main resource may not change (status). Mutates `next`. */
  prepareForUpdate(next: T, previous: T): void;
  /** Whether spec (or what counts as spec) differs, so that `metadata.generation` goes up. Absent: no generation. */
  specChanged?(next: T, previous: T): boolean;
  validate(object: T, at: Path): FieldError[];
  validateUpdate(next: T, previous: T, at: Path): FieldError[];
  validateStatusUpdate?(next: T, previous: T, at: Path): FieldError[];
  /** Warnings sent as `Warning:` headers. */
  warnings?(object: T, previous: T | undefined): string[];
  /** Values of field selectors beyond metadata.name and metadata.namespace, e.g. `spec.nodeName`. */
  readonly selectableFields?: Readonly<Record<string, FieldReader<T>>>;
  /** Seconds to live after deletion is asked for; absent: deleted at once. Pods only. */
  gracePeriodSeconds?(object: T, asked: number | undefined): number;
  readonly scale?: {
    read(object: T): { replicas: number; statusReplicas: number; selector: string };
    write(object: T, replicas: number): void;
  };
  /** After the Name column, which the server puts first unless the list has one itself (events); Age is in the list. */
  readonly columns: readonly Column<T>[];
  /** Set where the objects are stored as another version's (or group's) and only converted on the way in and out. */
  readonly storedAs?: {
    readonly kind: Kind;
    toStored(object: T): KubeObject;
    fromStored(stored: KubeObject): T;
  };
}

/** Reads one field as text. Taken from a method, so that a kind of a particular object is also a kind of any. */
type FieldReader<T> = { read(object: T): string }["read"];

export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** `deployments.apps`, as upstream prints a resource in messages. */
export function groupResourceOf(kind: { readonly group: string; readonly plural: string }): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}
