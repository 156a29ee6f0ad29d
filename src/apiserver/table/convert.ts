/**
 * Objects as the rows that `kubectl get` prints, and as bare metadata.
 * Upstream: pkg/printers/tablegenerator.go, staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go
 */
import { assertNever } from "../../base/assert.ts";
import type { Kind, KubeObject } from "../../machinery/kind.ts";
import { badRequest } from "../../machinery/status.ts";
import type { ListMeta, Table, TableColumnDefinition, TableRow } from "../../schema/shapes/meta.v1.ts";
import type { Query } from "../request/query.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  readonly include: IncludeObject;
  /** Milliseconds; ages are counted from here. */
  readonly now: number;
  /** `v1` or `v1beta1` of meta.k8s.io. */
  readonly version: string;
}

/** Throws 400 for an unknown value. */
export function includeObjectOf(query: Query): IncludeObject {
  const text = query.text("includeObject") ?? "";
  if (text === "") return "Metadata";
  if (text === "None" || text === "Metadata" || text === "Object") return text;
  const problem = `includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: ${problem}`);
}

const nameColumn: TableColumnDefinition = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request " +
    "the generation of an appropriate name automatically.",
  priority: 0,
};

const definitions = new WeakMap<Kind, TableColumnDefinition[]>();

export function columnsOf(kind: Kind): TableColumnDefinition[] {
  const known = definitions.get(kind);
  if (known !== undefined) return known;
  const columns = kind.columns.map((column) => ({
    name: column.name,
    type: column.type,
    format: column.format ?? "",
    description: column.description,
    priority: column.priority,
  }));
  const all = namesItself(kind) ? columns : [nameColumn, ...columns];
  definitions.set(kind, all);
  return all;
}

/** Some kinds put their name elsewhere than first. */
function namesItself(kind: Kind): boolean {
  return kind.columns.some((column) => column.name === "Name");
}

export function rowOf(kind: Kind, object: KubeObject, options: TableOptions): TableRow {
  const cells: unknown[] = namesItself(kind) ? [] : [object.metadata.name];
  for (const column of kind.columns) cells.push(column.cell(object, options.now));
  return { cells, ...included(object, options) };
}

function included(object: KubeObject, options: TableOptions): { object?: Record<string, unknown> } {
  switch (options.include) {
    case "None":
      return {};
    case "Object":
      return { object: object as unknown as Record<string, unknown> };
    case "Metadata":
      return { object: partialOf(object, options.version) as unknown as Record<string, unknown> };
    default:
      return assertNever(options.include);
  }
}

export function tableOf(kind: Kind, objects: readonly KubeObject[], options: TableOptions, metadata?: ListMeta): Table {
  const [only] = objects;
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: metadata ?? { resourceVersion: only?.metadata.resourceVersion },
    columnDefinitions: columnsOf(kind),
    rows: objects.map((object) => rowOf(kind, object, options)),
  };
}

export function partialOf(object: KubeObject, version: string): KubeObject {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
