/**
 * OpenAPI v2 out of the components and paths of v3. Clients that validate or merge by themselves read its definitions (kubectl for a `kind: List`), and in
 * its paths which kinds take a dry run and which forms of patch. Left out: shared parameters (each operation has its own), texts of parameters.
 * Upstream: kube-openapi's pkg/handler/handler.go
 */
import type { Schema } from "./components.ts";

interface Parts {
  readonly schemas: Readonly<Record<string, Schema>>;
  /** As documents of v3 have them. */
  readonly paths: Readonly<Record<string, Schema>>;
}

/** A document of OpenAPI v2 with all of these. */
export function swaggerDocument({ schemas, paths }: Parts, version: string): Schema {
  const info = { title: "Kubernetes", version };
  return { swagger: "2.0", info, paths: mapped(paths, pathAsVersion2), definitions: mapped(schemas, asVersion2) };
}

export const methods = ["get", "put", "post", "delete", "patch"] as const;

function pathAsVersion2(path: Schema): Schema {
  const operations = methods.flatMap((method) => {
    const operation = path[method] as Schema | undefined;
    return operation === undefined ? [] : [[method, operationAsVersion2(operation)] as const];
  });
  return { ...Object.fromEntries(operations), parameters: parametersAsVersion2(path["parameters"]) };
}

function operationAsVersion2({ parameters, requestBody, responses, ...rest }: Schema): Schema {
  const { content: taken, required = false } = (requestBody ?? {}) as { content?: Content; required?: boolean };
  const body = taken === undefined ? [] : [{ name: "body", in: "body", required, schema: schemaOf(taken) }];
  const replies = Object.values(responses as Record<string, { content?: Content }>);
  return {
    ...rest,
    consumes: Object.keys(taken ?? { "*/*": {} }),
    produces: [...new Set(replies.flatMap(({ content = {} }) => Object.keys(content)))],
    schemes: ["https"],
    parameters: [...body, ...parametersAsVersion2(parameters)],
    responses: mapped(responses as Record<string, Schema>, ({ description, content }) => ({
      description,
      ...(content === undefined ? {} : { schema: schemaOf(content as Content) }),
    })),
  };
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

function schemaOf(content: Content): Schema {
  return asVersion2(Object.values(content)[0]?.schema ?? {});
}

/** In version 2 a parameter is its own schema. */
function parametersAsVersion2(parameters: unknown): Schema[] {
  return ((parameters ?? []) as Schema[]).map(({ schema, ...rest }) => ({ ...rest, ...(schema as Schema) }));
}

function asVersion2(schema: Schema): Schema {
  const { allOf, oneOf, $ref, properties, items, additionalProperties, ...rest } = schema;
  // Version 2 lets a reference have siblings, and knows no alternatives: text stands for them.
  const [target] = (allOf as readonly Schema[] | undefined) ?? [];
  const reference = ($ref ?? target?.["$ref"]) as string | undefined;
  const out: Schema = oneOf === undefined ? rest : { type: "string", ...rest };
  if (reference !== undefined) out["$ref"] = reference.replace("#/components/schemas/", "#/definitions/");
  if (properties !== undefined) out["properties"] = mapped(properties as Record<string, Schema>, asVersion2);
  if (items !== undefined) out["items"] = asVersion2(items as Schema);
  if (additionalProperties !== undefined) out["additionalProperties"] = asVersion2(additionalProperties as Schema);
  return out;
}

function mapped(schemas: Readonly<Record<string, Schema>>, change: (schema: Schema) => Schema): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, change(schema)]));
}
