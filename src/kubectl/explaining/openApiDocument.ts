/** A group version's OpenAPI v3 document, and how to find one's way in it. Upstream: client-go/openapi, kubectl/pkg/explain/v2/explain.go */
import type { Api } from "../api.ts";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface OpenApiDocument {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** Where the documents of group versions are: `apis/apps/v1` to a URL below the server. */
export async function documentIndex(api: Api): Promise<ReadonlyMap<string, string>> {
  const index = (await api.json({ path: "/openapi/v3", accept: "application/json, */*" })) as {
    readonly paths?: Readonly<Record<string, { readonly serverRelativeURL?: string }>>;
  };
  return new Map(Object.entries(index.paths ?? {}).map(([path, { serverRelativeURL = "" }]) => [path, serverRelativeURL]));
}

export async function documentAt(api: Api, url: string): Promise<OpenApiDocument> {
  return (await api.json({ path: url })) as OpenApiDocument;
}

/** What `#/components/schemas/X` stands for; undefined for what isn't in the document. */
export function resolved(document: OpenApiDocument, schema: Schema): Schema | undefined {
  if (schema.$ref === undefined || !schema.$ref.startsWith("#")) return undefined;
  let found: unknown = document;
  for (const part of decodeURIComponent(schema.$ref.slice(1)).split("/")) {
    if (part === "") continue;
    found = (found as Readonly<Record<string, unknown>>)[part];
    if (typeof found !== "object" || found === null || Array.isArray(found)) return undefined;
  }
  return found as Schema;
}

/** The schema of a map's values. */
export function valueSchema({ additionalProperties }: Schema): Schema | undefined {
  if (typeof additionalProperties !== "object" || Object.keys(additionalProperties).length === 0) return undefined;
  return additionalProperties;
}

const methods = ["get", "post", "put", "patch", "delete"];

/** The kind of a resource, which the operations on its paths name; the last of its paths that names one wins. */
export function kindOf(document: OpenApiDocument, gvr: { group: string; version: string; plural: string }): GroupVersionKind | undefined {
  const prefix = `${gvr.group === "" ? "/api" : `/apis/${gvr.group}`}/${gvr.version}`;
  const paths = [`${prefix}/${gvr.plural}`, `${prefix}/namespaces/{namespace}/${gvr.plural}`];
  let found: GroupVersionKind | undefined;
  for (const path of paths.flatMap((one) => [one, `${one}/{name}`])) {
    const operations = document.paths?.[path] ?? {};
    const named = methods.map((method) => (operations[method] as Schema | undefined)?.["x-kubernetes-group-version-kind"]);
    found = (named.find((kind) => kind !== undefined) as GroupVersionKind | undefined) ?? found;
  }
  return found;
}

/** The schema that says it is of that kind, the first by name. */
export function schemaOfKind(document: OpenApiDocument, { group, version, kind }: GroupVersionKind): Schema | undefined {
  const schemas = document.components?.schemas ?? {};
  for (const name of Object.keys(schemas).sort()) {
    const kinds = schemas[name]?.["x-kubernetes-group-version-kind"] ?? [];
    if (kinds.some((one) => one.group === group && one.version === version && one.kind === kind)) return schemas[name];
  }
  return undefined;
}
